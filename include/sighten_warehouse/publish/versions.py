"""Published versions, their manifests, and whether the newest is current."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.loads import all_load_ids
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import published_digest
from sighten_warehouse.payload.answers.dal_config import dal_metrics_digest
from sighten_warehouse.payload.codes import codes_digest
from sighten_warehouse.settings import Settings
from sighten_warehouse.version import __version__

PUBLISHED_MODE = 0o440  # a client that opens the file for writing would lock all readers out


@dataclass(frozen=True)
class Version:
    """One published version.

    `started_at`: before its publish step read history. `published_at`: after the rename; empty while it is being built.
    `new_batches`: the batches that no earlier version held. `tables`: name → number of rows. `codes` and `dal_metrics`:
    digests of the home's codes and of the file of metrics. `lake`: the folder that the views of history read.
    `differing`: the tables in which it differs from the version before, which updates made from the same batches; None
    if that was not compared.
    """

    version: str
    published_at: str
    code_version: str
    batches: int
    new_batches: tuple[str, ...]
    tables: dict[str, int]
    path: str
    codes: str = ""
    lake: str = "lake"
    dal_metrics: str = ""
    started_at: str = ""
    differing: tuple[str, ...] | None = None

    @property
    def published_time(self) -> datetime | None:
        """When readers could open it, UTC without a zone, as in the tables; None while it is being built."""
        return _utc(self.published_at) if self.published_at else None

    @property
    def started_time(self) -> datetime:
        """When its publish step began, UTC without a zone; older code recorded no other time."""
        return _utc(self.started_at or self.published_at)


def _utc(time: str) -> datetime:
    return datetime.fromisoformat(time).replace(tzinfo=None)


def versions(layout: Layout) -> list[Version]:
    """Every version ever published, oldest first: manifests stay when the files of old versions are removed.

    Raises:
        LakeError: a manifest cannot be read.
    """
    return [_read(path) for path in sorted(layout.versions.glob("*.json")) if not path.name.startswith(".")]


def _read(path: Path) -> Version:
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
        differing = facts.get("differing")
        lists = {
            "new_batches": tuple(facts["new_batches"]),
            "differing": None if differing is None else tuple(differing),
        }
        return Version(**facts | lists)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise LakeError(f"{path}: expected the manifest of a version: {error}") from error


def write_version(layout: Layout, version: Version) -> None:
    """Write the version's manifest, so that its batches count as published."""
    write_durably(layout.versions / f"{version.version}.json", json.dumps(asdict(version), indent=1).encode())


def published_batches(layout: Layout) -> set[str]:
    """The batches of all versions."""
    return {batch for version in versions(layout) for batch in version.new_batches}


def code_version() -> str:
    """The product's version and a hash of its SQL, for the manifest of a new version."""
    return f"{__version__}+{published_digest()}"


def is_current(settings: Settings) -> bool:
    """Whether the newest version holds every commit and was made by this code with the present codes and metrics."""
    layout = settings.layout
    known = versions(layout)
    if not known or not layout.warehouse_file.exists():
        return False
    lake = resolve_lake(layout)
    same_code = known[-1].code_version == code_version() and known[-1].codes == codes_digest(layout)
    same_metrics = known[-1].dal_metrics == dal_metrics_digest(settings)
    same_lake = known[-1].lake == lake.lake.name
    return same_code and same_metrics and same_lake and published_batches(layout).issuperset(all_load_ids(lake, commits(lake)))
