"""What a complete backup records of itself, and what a home records of its last backup."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import BackupError
from sighten_warehouse.landing.format import FORMATS, Format, refuse_newer
from sighten_warehouse.layout import Layout
from sighten_warehouse.version import __version__

RECORD = "backup.json"  # written last: a folder without it is no backup
_NAME = "%Y%m%dT%H%M%S.%fZ"
_NAMED = re.compile(r"\d{8}T\d{6}\.\d{6}Z")


class StoredFile(msgspec.Struct, frozen=True):
    """A file of a backup: its bytes, and the time and mode that a restore gives it."""

    size: int
    mtime_ns: int
    mode: int
    sha256: str


class Backup(msgspec.Struct, frozen=True, kw_only=True):
    """A complete backup.

    `lake`: the name of the lake's folder in the home, empty if there was none. `landed`: the deliveries in commits.
    `files`: path below the backup → what it holds.
    """

    environment: str
    made_at: datetime
    lake: str
    landed: int
    files: dict[str, StoredFile]
    format: int = FORMATS["backup"]
    written_by: str = __version__


class LastBackup(msgspec.Struct, frozen=True):
    """The last complete backup of a home: when it was made, and the folder of all its backups."""

    made_at: datetime
    folder: str


def backups(folder: Path) -> list[Path]:
    """The complete backups in the folder, oldest first."""
    found = (path.parent for path in folder.glob(f"*/{RECORD}"))
    return sorted(path for path in found if _NAMED.fullmatch(path.name))


def read_backup(path: Path) -> Backup:
    """The record of a backup.

    Raises:
        FormatError: newer code wrote it.
        BackupError: it is missing or cannot be read.
    """
    record = path / RECORD
    try:
        content = record.read_bytes()
        numbered = msgspec.json.decode(content, type=Format)
        refuse_newer(numbered.format, "backup", where=record, written_by=numbered.written_by)
        return msgspec.json.decode(content, type=Backup)
    except (OSError, msgspec.MsgspecError) as error:
        raise BackupError(f"{record}: expected the record of a complete backup: {error}") from error


def write_backup(path: Path, backup: Backup) -> None:
    """Write the record of a backup, whose files are all on stable storage."""
    write_durably(path / RECORD, msgspec.json.encode(backup))


def new_name(now: datetime, *, known: list[Path]) -> str:
    """The time; if the clock was set back, 1 µs after the newest backup, so that the order of names holds."""
    name = now.astimezone(UTC).strftime(_NAME)
    if not known or name > known[-1].name:
        return name
    newest = datetime.strptime(known[-1].name, _NAME).replace(tzinfo=UTC)
    return (newest + timedelta(microseconds=1)).strftime(_NAME)


def read_last_backup(layout: Layout) -> LastBackup | None:
    """The last backup of the home; None if it never had one, or its record cannot be read."""
    try:
        return msgspec.json.decode(layout.last_backup.read_bytes(), type=LastBackup)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None


def write_last_backup(layout: Layout, last: LastBackup) -> None:
    """Record the last backup in the home.

    Raises:
        OSError: the disk refused.
    """
    write_durably(layout.last_backup, msgspec.json.encode(last))
