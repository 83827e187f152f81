"""The vault: the bytes of documents, each once, named after their SHA-256."""

import re
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path

from sighten_warehouse.durable import ensure_folder, rename, sync
from sighten_warehouse.remotes import present, remote_of

PARTIAL_FOLDER = ".partial"
DAMAGED_FOLDER = ".damaged"
_MODE = 0o400  # documents are for their owner alone; a copy is made by `documents get`
_SHA256 = re.compile(r"[0-9a-f]{64}")


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with present(path).open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def name_in_vault(sha256: str) -> str:
    """Return the file's path below the vault."""
    return f"{sha256[:2]}/{sha256}"


def store(vault: Path, path: Path, *, sha256: str) -> Path:
    """Move the file into the vault, read-only and on stable storage; return its new path.

    An existing file with these bytes is replaced; readers that have it open keep it. So several processes may store
    the same bytes at once.

    Raises:
        OSError: the disk refused a write.
    """
    target = vault / name_in_vault(sha256)
    ensure_folder(target.parent)
    path.chmod(_MODE)
    sync(path)
    rename(path, target)
    sync(target.parent)
    return target


def stored_files(vault: Path) -> Iterator[Path]:
    """Yield the files of the vault by name, without partial and damaged ones."""
    found = {path for path in vault.glob("[0-9a-f][0-9a-f]/*") if path.is_file()}
    if remote := remote_of(vault):
        found |= {path for path in remote.listed(vault) if _SHA256.fullmatch(path.name)}
    yield from sorted(found)


def is_whole(path: Path) -> bool:
    """Whether the file's content matches its name."""
    is_named_right = _SHA256.fullmatch(path.name) is not None and path.parent.name == path.name[:2]
    return is_named_right and present(path).is_file() and sha256_of(path) == path.name


def set_aside(vault: Path, path: Path) -> Path:
    """Move a damaged file to the folder of damaged files and keep it there; return its new path."""
    folder = vault / DAMAGED_FOLDER
    ensure_folder(folder)
    target = folder / f"{path.name}.{present(path).stat().st_mtime_ns}"
    rename(path, target)
    sync(folder)
    return target
