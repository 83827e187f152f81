"""Homes that hold something of everything, and where a backup of one has its copies."""

import hashlib
from pathlib import Path

from sighten_warehouse.backup.record import backups, read_backup
from sighten_warehouse.backup.restore import restore
from sighten_warehouse.ops.status import Status, read_status
from support.compacting import load_each
from support.factories import SAMPLE_BYTES, a_milestone
from support.warehouses import Warehouse

DOCUMENT = b"%PDF-1.7 a document"
DOCUMENT_NAME = hashlib.sha256(DOCUMENT).hexdigest()


def furnish(warehouse: Warehouse) -> Warehouse:
    """Four loads, one pending delivery, a document, and the files that operators and others put into a home."""
    load_each(warehouse, a_milestone("0"), a_milestone("1"), SAMPLE_BYTES, b"no json")
    warehouse.land(a_milestone("pending"))
    layout = warehouse.settings.layout
    document = layout.vault / DOCUMENT_NAME[:2] / DOCUMENT_NAME
    document.parent.mkdir(parents=True)
    document.write_bytes(DOCUMENT)
    document.chmod(0o400)
    layout.codes.write_text("milestone_status: [NEVER]\n")
    layout.failed_sites.mkdir()
    (layout.failed_sites / "site.json").write_text("{}")
    (layout.root / "of_later_code").mkdir()
    (layout.root / "of_later_code" / "kept.json").write_text("{}")
    (layout.vault / ".partial").mkdir()
    (layout.vault / ".partial" / "half").write_bytes(b"half")
    return warehouse


def restored(warehouse: Warehouse, source: Path, folder: Path) -> Warehouse:
    """The newest of those backups, in a home of its own."""
    other = Warehouse(folder)
    restore(other.settings, source)
    other.clock = warehouse.clock
    return other


def in_newest(to: Path) -> set[str]:
    """The names in the newest backup."""
    return set(read_backup(backups(to)[-1]).files)


def is_whole(status: Status) -> bool:
    """Whether all that is landed is accounted for, and no file is missing or damaged."""
    return status.balanced and not status.landing.damaged and not status.damaged_history


def deep_status(warehouse: Warehouse) -> Status:
    return read_status(warehouse.settings, deep=True)
