"""Manifests and commits: the landing files that each batch took, and the history files it wrote."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.landing.files import digest_of
from sighten_warehouse.landing.integrity import Recorded
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import RULES_VERSION
from sighten_warehouse.version import __version__


@dataclass(frozen=True)
class Manifest:
    """One batch: the landing files it takes and what it wrote; `committed_at` is None until it is committed.

    `landing_files`: name below `landing` → number of lines; `landing_bytes` and `landing_sha256` → size and digest, if
    recorded; `damaged_lines` → how many lines were damaged when loaded, if any. `history_files`: table → rows in its
    file of this batch; `history_sha256` → its digest, if recorded. `merged`: the number of loads that were merged into
    it (see `lake.loads`), 0 for a plain batch. `clean`: how many of the loaded deliveries took the fast path; None if
    older code loaded them.
    """

    batch_id: str
    landing_files: dict[str, int]
    history_files: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    code_version: str = ""
    prepared_at: str | None = None
    committed_at: str | None = None
    landing_bytes: dict[str, int] = field(default_factory=dict)
    landing_sha256: dict[str, str] = field(default_factory=dict)
    damaged_lines: dict[str, int] = field(default_factory=dict)
    merged: int = 0
    clean: int | None = None
    history_sha256: dict[str, str] = field(default_factory=dict)

    def recorded(self, name: str) -> Recorded:
        """What the batch records of that landing file."""
        return Recorded(
            lines=self.landing_files[name],
            bytes=self.landing_bytes.get(name),
            sha256=self.landing_sha256.get(name),
            damaged_lines=self.damaged_lines.get(name, 0),
        )

    @property
    def is_outdated(self) -> bool:
        """Whether it was loaded by other rules than today's, or by a version that had no number for them."""
        return not self.code_version.endswith(_rules())

    @property
    def loads(self) -> int:
        """Number of loads that it holds."""
        return self.merged or 1

    @property
    def landed(self) -> int:
        """Number of deliveries in the batch."""
        return sum(self.landing_files.values())

    @property
    def conformed(self) -> int:
        """Number of loaded deliveries that did not take the fast path, if it was recorded."""
        return 0 if self.clean is None else self.outcomes.get("loaded", 0) - self.clean

    @property
    def history_rows(self) -> int:
        """Number of history rows that the batch wrote."""
        return sum(self.history_files.values())


def code_version() -> str:
    """The product's version and that of its rules, for the manifest of a batch that is loaded now."""
    return f"{__version__}{_rules()}"


def _rules() -> str:
    return f"+rules.{RULES_VERSION}"


def history_file(layout: Layout, table: str, batch_id: str) -> Path:
    """The file with a batch's rows of a history table."""
    return layout.lake / table / f"batch={batch_id}.parquet"


def history_digests(layout: Layout, tables: Iterable[str], batch_id: str) -> dict[str, str]:
    """Table → the digest of the batch's file."""
    return {table: digest_of(history_file(layout, table, batch_id)) for table in tables}


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write the manifest, whole or not at all."""
    write_durably(path, json.dumps(asdict(manifest), indent=1).encode())


def read_manifest(path: Path) -> Manifest:
    """Read a manifest.

    Raises:
        LakeError: the file is missing or not a manifest.
    """
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
        return Manifest(**facts)
    except (OSError, ValueError, TypeError) as error:
        raise LakeError(f"{path}: expected the manifest of a batch: {error}") from error


def prepared_path(layout: Layout, batch_id: str) -> Path:
    """The manifest of a batch that is planned or flattened, and not committed."""
    return layout.prepared / f"{batch_id}.json"


def commit_path(layout: Layout, batch_id: str) -> Path:
    """The commit of a batch: written last; only then do its rows count."""
    return layout.commits / f"{batch_id}.json"


def commit_files(layout: Layout) -> list[Path]:
    """The files of all commits in the lake in use."""
    found = resolve_lake(layout).commits.glob("*.json")
    return [path for path in found if not path.name.startswith(".")]


def oldest_first(manifests: Iterable[Manifest]) -> list[Manifest]:
    """The manifests in the order of commit, oldest first."""
    return sorted(manifests, key=lambda manifest: (manifest.committed_at or "", manifest.batch_id))


def commits(layout: Layout) -> list[Manifest]:
    """All commits, oldest first.

    Raises:
        LakeError: two of them name the same landing file, so its rows would count twice.
    """
    found = oldest_first(_read_commit(path) for path in commit_files(layout))
    loaded: dict[str, str] = {}
    for manifest in found:
        for name in manifest.landing_files:
            if name in loaded:
                raise LakeError(
                    f"landing file {name}: in the commits {loaded[name]} and {manifest.batch_id}, expected in one"
                )
            loaded[name] = manifest.batch_id
    return found


@lru_cache(maxsize=100_000)
def _read_commit(path: Path) -> Manifest:
    # A commit never changes, and the doorbell reads all of them every second.
    return read_manifest(path)


def loaded_files(layout: Layout) -> set[str]:
    """The names of all landing files in a commit."""
    return {name for manifest in commits(layout) for name in manifest.landing_files}
