"""The folders whose files are on object storage too, where they count; a home on a local disk has none."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol


class Remote(Protocol):
    """A folder that mirrors a part of an object store: `objects.mirror`, in every process that opened the home."""

    url: str
    root: Path

    def put_bytes(self, path: Path, content: bytes) -> None:
        """Store the bytes as that file, which is not written here."""

    def bring(self, path: Path) -> bool:
        """Download the file as it is stored now; False if it is not stored."""

    def stored_since(self, folder: Path, time: float) -> list[Path]:
        """The files below the folder that were stored since then (seconds since 1970), by a look into the store."""

    def limit_patience(self, seconds: float) -> None:
        """Wait no longer for a store that does not answer."""

    def put(self, source: Path, target: Path) -> None:
        """Store what will be at `target`, before the file or folder `source` is renamed to it."""

    def delete(self, path: Path) -> None:
        """Delete the file there, then here, if it is known to be there."""

    def delete_folder(self, folder: Path) -> None:
        """Delete the folder with all that it holds, there."""

    def delete_files(self, paths: Iterable[Path]) -> None:
        """Delete those files there, then here."""

    def delete_until(self, folder: Path, name: str) -> None:
        """Delete the folders in that folder whose names sort up to this one, there."""

    def folders(self, folder: Path) -> Sequence[str]:
        """The names of the folders in that folder of the store, now."""

    def link(self, path: Path, other: Path) -> None:
        """Store what will be at `other`, before it becomes another name of the file `path`."""

    def point(self, link: Path, target: Path) -> None:
        """Let the pointer object of that link name the target."""

    def create_pointer(self, link: Path, target: str) -> str:
        """Let the pointer object name the target unless it names one already; return what it names."""

    def fetch(self, paths: Iterable[Path]) -> None:
        """Download those files that are stored and not here."""

    def size(self, path: Path) -> int | None:
        """The size of the stored file; None if there is none."""

    def modified(self, path: Path) -> float | None:
        """When the stored file was stored, in seconds since 1970; None if there is none."""

    def listed(self, folder: Path) -> list[Path]:
        """The stored files below the folder, as of the last pull."""


REMOTES: dict[Path, Remote] = {}


def remote_of(path: Path) -> Remote | None:
    """The remote that the path belongs to; None on a local disk."""
    return next((remote for root, remote in REMOTES.items() if path.is_relative_to(root)), None) if REMOTES else None


def shown_place(path: Path) -> str:
    """Where the path is, for people: a path of this machine, or a URL."""
    remote = remote_of(path)
    return str(path) if remote is None else f"{remote.url}/{path.relative_to(remote.root).as_posix()}"


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
