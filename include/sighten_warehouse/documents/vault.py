"""The vault: the bytes of documents, each once, named after their SHA-256."""

import os
import re
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

from sighten_warehouse.durable import ensure_folder, sync

PARTIAL_FOLDER = ".partial"
DAMAGED_FOLDER = ".damaged"
_READ_ONLY = 0o444
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256_of(path: Path) -> str:
    """Of the file's bytes, read piece by piece."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def name_in_vault(sha256: str) -> str:
    """Where those bytes lie below the vault."""
    return f"{sha256[:2]}/{sha256}"


def store(vault: Path, path: Path, *, sha256: str) -> Path:
    """The file becomes the one in the vault, on stable storage and read-only; returns where it is.

    Where there is one with these bytes already it takes its place: whoever has that open keeps it, and both are the
    same. So several may store the same at once.

    Raises:
        OSError: the disk refused.
    """
    target = vault / name_in_vault(sha256)
    ensure_folder(target.parent)
    path.chmod(_READ_ONLY)
    sync(path)
    os.replace(path, target)  # noqa: PTH105  (os.replace is the atomic one)
    sync(target.parent)
    return target


def stored_files(vault: Path) -> Iterator[Path]:
    """Every file of the vault, in the order of their names; what is on its way or set aside is not among them."""
    for folder in sorted(vault.glob("[0-9a-f][0-9a-f]")):
        yield from sorted(path for path in folder.iterdir() if path.is_file())


def is_whole(path: Path) -> bool:
    """Whether the file holds what its name says."""
    named = _SHA256.fullmatch(path.name) is not None and path.parent.name == path.name[:2]
    return named and path.is_file() and sha256_of(path) == path.name


def set_aside(vault: Path, path: Path) -> Path:
    """A damaged file is out of the way, and kept for whoever wants to know; returns where."""
    folder = vault / DAMAGED_FOLDER
    ensure_folder(folder)
    target = folder / f"{path.name}.{path.stat().st_mtime_ns}"
    os.replace(path, target)  # noqa: PTH105  (os.replace is the atomic one)
    sync(folder)
    return target
