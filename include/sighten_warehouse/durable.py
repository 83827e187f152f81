"""Files that are whole or absent, and still there after a power cut."""

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

_HIDDEN_SUFFIX = ".tmp"
_BUFFER = 1024 * 1024  # so that many small pieces are few writes


def write_durably(path: Path, content: bytes | Iterable[bytes]) -> None:
    """The content under that name, on stable storage, or no file of that name at all.

    Raises:
        OSError: the disk refused. Nothing is visible under `path`, save when the very last step failed, the sync of the
            folder: then the file is visible and whole, but may be gone after a power cut.
    """
    pieces = (content,) if isinstance(content, bytes) else content

    def write(hidden: Path) -> None:
        with hidden.open("wb", buffering=_BUFFER) as file:
            file.writelines(pieces)

    replace_durably(path, write)


def replace_durably(path: Path, write: Callable[[Path], object]) -> None:
    """Whatever `write` puts into the hidden file it is given becomes `path` by one rename, after an fsync.

    Readers hold the old file or open the new one. A failed write leaves nothing behind.
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
    """The folder exists, and where it was missing its name in each parent is on stable storage too.

    Raises:
        OSError: the disk refused, or something else has that name.
    """
    if folder.is_dir():
        return
    ensure_folder(folder.parent)
    # Whoever else made it in the meantime may not have synced its name yet, so it is synced in either case.
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """The file's bytes, or the folder's names, are on stable storage when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: Path, *, last_written_before: float) -> int:
    """Hidden files that a crash left anywhere below `folder` are gone if nobody wrote to them since; returns how many.

    `last_written_before` is in seconds since 1970. Younger ones may be another process's work under way.
    """
    removed = 0
    for hidden in folder.rglob(f".*{_HIDDEN_SUFFIX}"):
        with suppress(FileNotFoundError):
            if hidden.is_file() and hidden.stat().st_mtime < last_written_before:
                hidden.unlink()
                removed += 1
    return removed
