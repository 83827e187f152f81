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

    def delete_folder(self, folder: Path) -> None:
        """Delete the folder with all that it holds, there."""

    def delete_files(self, paths: Iterable[Path]) -> None:
        """Delete those of the files there that are known to be there, then here."""

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
