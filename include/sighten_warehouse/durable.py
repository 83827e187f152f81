"""Writing files so that each is whole or absent, and survives a power cut."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

_HIDDEN_SUFFIX = ".tmp"
_BUFFER = 1024 * 1024  # so that many small pieces cause few writes


def write_durably(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write the content to `path` on stable storage, or leave no file of that name.

    Raises:
        OSError: the disk refused. Nothing is visible at `path`, unless only the final sync of the folder failed: then
            the file is visible and whole, but a power cut may remove it.
    """
    pieces = (content,) if isinstance(content, bytes) else content

    def write(hidden: Path) -> None:
        with hidden.open("wb", buffering=_BUFFER) as file:
            file.writelines(pieces)

    replace_durably(path, write)


def replace_durably(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a hidden file, sync it, and rename it to `path`.

    Readers keep the old file or open the new one. A failed write leaves nothing behind.
    """
    ensure_folder(path.parent)
    hidden = path.with_name(f".{path.name}.{uuid4().hex}{_HIDDEN_SUFFIX}")
    try:
        write(hidden)
        sync(hidden)
        hidden.replace(path)
        sync(path.parent)
    finally:
        with suppress(FileNotFoundError):
            hidden.unlink()


def point_link(link: Path, target: Path) -> None:
    """Make `link` a relative symbolic link to `target` by one rename, in place of a link or file of that name.

    Raises:
        OSError: the disk refused, or `link` is a folder.
    """
    hidden = link.with_name(f".{link.name}.{uuid4().hex}{_HIDDEN_SUFFIX}")
    hidden.symlink_to(os.path.relpath(target, link.parent))
    hidden.replace(link)
    sync(link.parent)


def ensure_folder(folder: Path) -> None:
    """Create the folder and its missing parents, with their names on stable storage.

    Raises:
        OSError: the disk refused, or a file has that name.
    """
    if folder.is_dir():
        return
    ensure_folder(folder.parent)
    # Another process may have created it meanwhile without syncing its name yet, so sync in either case.
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Put the file's bytes, or the names in the folder, on stable storage."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path, *, last_written_before: float) -> int:
    """Delete the hidden files that a crash left below `folder`; return how many.

    Only files last written before `last_written_before` (seconds since 1970): another process may still be writing
    newer ones.
    """
    removed = 0
    for hidden in folder.rglob(f".*{_HIDDEN_SUFFIX}"):
        with suppress(FileNotFoundError):
            if hidden.is_file() and hidden.stat().st_mtime < last_written_before:
                hidden.unlink()
                removed += 1
    return removed
