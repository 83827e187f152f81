"""Files that are whole or absent, and still there after a power cut."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from uuid import uuid4


def write_durably(path: Path, content: bytes) -> None:
    """The content under that name, on stable storage, or no file of that name at all.

    Raises:
        OSError: the disk refused; nothing is visible under `path`.
    """
    replace_durably(path, lambda hidden: hidden.write_bytes(content))


def replace_durably(path: Path, write: Callable[[Path], object]) -> None:
    """Whatever `write` puts into the hidden file it is given becomes `path` by one rename, after an fsync.

    Readers hold the old file or open the new one. A failed write leaves nothing behind.
    """
    ensure_folder(path.parent)
    hidden = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        write(hidden)
        sync(hidden)
        os.replace(hidden, path)  # noqa: PTH105  (one name throughout: os.replace is the atomic one)
        sync(path.parent)
    finally:
        with suppress(FileNotFoundError):
            hidden.unlink()


def ensure_folder(folder: Path) -> None:
    """The folder exists, and its name in each parent is on stable storage too."""
    if folder.is_dir():
        return
    ensure_folder(folder.parent)
    with suppress(FileExistsError):
        folder.mkdir()
        sync(folder.parent)


def sync(path: Path) -> None:
    """The file's bytes, or the folder's names, are on stable storage when this returns."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
