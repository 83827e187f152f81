"""Published versions, their manifests, and whether the newest is current."""

import json
import stat
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import uuid4

from sighten_warehouse.durable import clone, hardlink, remove, rename, sync, write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.loads import all_load_ids
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import published_digest
from sighten_warehouse.payload.answers.dal_config import dal_metrics_digest
from sighten_warehouse.payload.codes import codes_digest
from sighten_warehouse.publish.earlier import earlier_versions
from sighten_warehouse.publish.version import Version
from sighten_warehouse.remotes import exists, present
from sighten_warehouse.settings import Settings
from sighten_warehouse.version import __version__

PUBLISHED_MODE = 0o440  # a client that opens the file for writing would lock all readers out


def make_read_only(path: Path) -> None:
    """Let nobody write the file; its readers are the owner, and the group if the umask lets it read new files."""
    path.chmod(stat.S_IMODE(path.stat().st_mode) & PUBLISHED_MODE)


def link_over(kept: Path, path: Path) -> None:
    """Let the path be the kept version: the same read-only file, or a copy where there are no hard links."""
    hidden = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        try:
            hardlink(kept, hidden)
        except OSError:
            clone(kept, hidden)
            make_read_only(hidden)
            sync(hidden)
        # A write-ahead log of the old file must not be replayed into the new one.
        remove(path.with_name(f"{path.name}.wal"))
        rename(hidden, path)
        sync(path.parent)
    finally:
        remove(hidden)


def versions(layout: Layout) -> list[Version]:
    """Every version ever published, oldest first: manifests stay when the files of old versions are removed.

    Raises:
        LakeError: a manifest cannot be read.
    """
    while True:
        paths = sorted(path for path in layout.versions.glob("*.json") if not path.name.startswith("."))
        earlier = earlier_versions(layout)
        last = earlier[-1].version if earlier else ""
        later = [path for path in paths if path.stem > last]
        try:
            return [*earlier, *map(_read, later)]
        except FileNotFoundError:  # a publish has just gathered it
            continue


def read_version(content: bytes) -> Version:
    """The version of that manifest.

    Raises:
        ValueError, TypeError, KeyError: it is no manifest.
    """
    facts: dict[str, Any] = json.loads(content)
    differing = facts.get("differing")
    lists = {"new_batches": tuple(facts["new_batches"]), "differing": None if differing is None else tuple(differing)}
    return Version(**facts | lists)


def _read(path: Path) -> Version:
    try:
        return read_version(path.read_bytes())
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LakeError(f"{path}: expected the manifest of a version: {error}") from error


def write_version(layout: Layout, version: Version) -> None:
    """Write the version's manifest, so that its batches count as published."""
    write_durably(layout.versions / f"{version.version}.json", json.dumps(asdict(version), indent=1).encode())


def published_batches(layout: Layout) -> set[str]:
    """The batches of all versions."""
    return {batch for version in versions(layout) for batch in version.new_batches}


def pull_newest(settings: Settings) -> Settings:
    """The settings, once the newest version is on this machine; nothing to do for a home on a local disk.

    Raises:
        StorageError: the store does not answer, or does not allow it.
    """
    refresh(settings.layout, landing=False)
    present(settings.layout.warehouse_file)
    return settings


def code_version() -> str:
    """The product's version and a hash of its SQL, for the manifest of a new version."""
    return f"{__version__}+{published_digest()}"


def is_current(settings: Settings) -> bool:
    """Whether the newest version holds every commit and was made by this code with the present codes and metrics."""
    layout = settings.layout
    refresh(layout, landing=False)
    known = versions(layout)
    if not known or not exists(layout.warehouse_file):
        return False
    lake = resolve_lake(layout)
    same_code = known[-1].code_version == code_version() and known[-1].codes == codes_digest(layout)
    same_metrics = known[-1].dal_metrics == dal_metrics_digest(settings)
    same_lake = known[-1].lake == lake.lake.name
    return (
        same_code
        and same_metrics
        and same_lake
        and published_batches(layout).issuperset(all_load_ids(lake, commits(lake)))
    )
