"""Files that may be here or only stored: where they are, how big, how old, and their bytes once they are read."""

from collections.abc import Iterable
from pathlib import Path

from sighten_warehouse.remotes.remote import REMOTES, remote_of

REMOTE_POLL_SECONDS = 5.0


def shown_place(path: Path) -> str:
    """Where the path is, for people: a path of this machine, or a URL."""
    remote = remote_of(path)
    return str(path) if remote is None else f"{remote.url}/{path.relative_to(remote.root).as_posix()}"


def pause_of(path: Path, seconds: float) -> float:
    """How long to wait before looking again; a look into a store costs something."""
    return seconds if remote_of(path) is None else max(seconds, REMOTE_POLL_SECONDS)


def present(path: Path) -> Path:
    """The path, downloaded first if it is only stored."""
    if REMOTES and (remote := remote_of(path)):
        remote.fetch([path])
    return path


def fetch(paths: Iterable[Path]) -> list[Path]:
    """The paths; those that are only stored are downloaded first, several at a time."""
    found = list(paths)
    if REMOTES and found and (remote := remote_of(found[0])):
        remote.fetch(found)
    return found


def size_of(path: Path) -> int:
    """The size of the file, which need not be here.

    Raises:
        FileNotFoundError: there is none.
    """
    if REMOTES and not path.exists() and (remote := remote_of(path)) and (size := remote.size(path)) is not None:
        return size
    return path.stat().st_size


def modified_at(path: Path) -> float:
    """When the file was written, in seconds since 1970; of a stored one, when it was stored.

    Raises:
        FileNotFoundError: there is none.
    """
    if REMOTES and (remote := remote_of(path)) and (time := remote.modified(path)) is not None:
        return time
    return path.stat().st_mtime


def exists(path: Path) -> bool:
    """Whether there is such a file, here or stored."""
    if path.exists():
        return True
    remote = remote_of(path)
    return remote is not None and remote.size(path) is not None


def files_in(folder: Path, pattern: str) -> list[Path]:
    """The files of the folder whose names match, here or stored, by name."""
    found = set(folder.glob(pattern))
    if remote := remote_of(folder):
        found |= {path for path in remote.listed(folder) if path.parent == folder and path.match(pattern)}
    return sorted(found)


def folders_in(folder: Path, pattern: str) -> list[Path]:
    """The folders in the folder whose names match, here or stored, by name."""
    found = set(folder.glob(pattern))
    if remote := remote_of(folder):
        found |= {folder / name for name in remote.folders(folder) if Path(name).match(pattern)}
    return sorted(found)
