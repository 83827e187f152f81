"""What of a home is in a backup: all but what can be made again. docs/decisions/a-backup-is-a-tree-of-files.md."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sighten_warehouse.lake.loads import loads_path
from sighten_warehouse.lake.manifest import Manifest, commit_path, commits, history_file
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.layout import Layout
from sighten_warehouse.remotes import files_in, remote_of

# Below the home. The published file, Parquet, report and `work/` are made again by `publish`; the manifests of versions
# are not, and are backed up. Lakes that are not in use, and all that is hidden (locks, unfinished files), are left out.
MADE_AGAIN = ("work", "last_backup.json")
_HEX = "[0-9a-f][0-9a-f]"
_PARTS = ("landing", "lake", "vault", "published")


@dataclass(frozen=True)
class Entry:
    """A file to back up: its path in the backup, where it is, and its digest if the home has recorded that.

    `may_vanish`: others may remove it meanwhile.
    """

    name: str
    source: Path
    sha256: str | None = None
    may_vanish: bool = False


@dataclass(frozen=True)
class History:
    """Landing, lake and versions as of one moment; `landed`: the deliveries in its commits."""

    entries: Sequence[Entry]
    landed: int


def history(layout: Layout) -> History:
    """The files of landing, of the lake in use and of all versions; the caller holds the lock `rebuild`.

    Versions are listed before commits, and commits before landing, so that whatever is named is there too.

    Raises:
        LakeError: commits contradict each other.
        FormatError: newer code wrote landing or lake.
    """
    versions = [*_below(layout.versions, layout.root, "*.json"), *_below(layout.versions, layout.root, "*.ndjson")]
    committed = commits(layout)
    lake = [entry for manifest in committed for entry in _batch(layout, manifest)]
    lake += [Entry(f"lake/{path.name}", path, may_vanish=True) for path in _files(layout.lake, "*")]
    entries = [*versions, *lake, *_landing(layout, committed)]
    return History(entries, sum(manifest.landed for manifest in committed))


def _batch(layout: Layout, manifest: Manifest) -> Iterator[Entry]:
    for table in manifest.history_files:
        path = history_file(layout, table, manifest.batch_id)
        yield Entry(_in_lake(layout, path), path, manifest.history_sha256.get(table))
    if manifest.merged:
        yield Entry(_in_lake(layout, loads_path(layout, manifest.batch_id)), loads_path(layout, manifest.batch_id))
    yield Entry(_in_lake(layout, commit_path(layout, manifest.batch_id)), commit_path(layout, manifest.batch_id))


def _in_lake(layout: Layout, path: Path) -> str:
    return f"lake/{path.relative_to(layout.lake).as_posix()}"


def _landing(layout: Layout, committed: Sequence[Manifest]) -> Iterator[Entry]:
    recorded: dict[str, str | None] = {}
    for manifest in committed:
        for name in manifest.landing_files:
            # A file that was damaged when it was loaded may have been restored since.
            recorded[name] = None if name in manifest.damaged_lines else manifest.landing_sha256.get(name)
    for name in sorted(recorded.keys() | set(landing_files(layout.landing))):
        yield Entry(f"landing/{name}", layout.landing / name, recorded.get(name))
    yield from (Entry(f"landing/{path.name}", path) for path in _files(layout.landing, "*"))


def beside_history(layout: Layout) -> list[Entry]:
    """The documents of the vault, which are only added, and all else in the home that nothing makes again."""
    remote = remote_of(layout.root)
    folders = sorted({path.parent for path in remote.listed(layout.vault)} if remote else layout.vault.glob(_HEX))
    vault = [
        Entry(f"vault/{path.parent.name}/{path.name}", path, path.name, may_vanish=True)
        for folder in folders
        if not folder.name.startswith(".")
        for path in files_in(folder, "[!.]*")
    ]
    return [*vault, *(entry for path in _others(layout) for entry in _everything(path, layout.root))]


def _others(layout: Layout) -> list[Path]:
    """Whatever else is in the home, also what code that this module does not know has put there."""
    found = sorted(layout.root.glob("[!.]*"))
    return [path for path in found if path.name not in (*_PARTS, *MADE_AGAIN) and not path.name.startswith("lake.")]


def _everything(path: Path, root: Path) -> Iterator[Entry]:
    if path.is_dir():
        for child in sorted(path.glob("[!.]*")):
            yield from _everything(child, root)
    elif path.is_file():
        yield Entry(path.relative_to(root).as_posix(), path, may_vanish=True)


def _below(folder: Path, root: Path, pattern: str) -> list[Entry]:
    return [Entry(path.relative_to(root).as_posix(), path, may_vanish=True) for path in _files(folder, pattern)]


def _files(folder: Path, pattern: str) -> list[Path]:
    return sorted(path for path in folder.glob(pattern) if path.is_file() and not path.name.startswith("."))
