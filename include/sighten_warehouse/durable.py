"""Writing files so that each is whole or absent, and survives a power cut."""

import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import uuid4

from sighten_warehouse.errors import StorageError
from sighten_warehouse.remotes import remote_of

# A full disk, a quota, a limit of size, a read-only disk, a missing permission, a broken disk.
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)
BY_UMASK, OWNER_ONLY = 0o777, 0o700  # modes of new folders
_HIDDEN_SUFFIX = ".tmp"
_BUFFER = 1024 * 1024  # so that many small pieces cause few writes
_FICLONE = 0x40049409  # of Linux, see ioctl_ficlone(2)

Change = Callable[[], object]
T = TypeVar("T")


class Disk:
    """Every change to files goes through `change`: the operation's name, the path, and what does it.

    `make prove` puts one in its place that fails, waits, or kills the process before or after it.
    """

    def __init__(self) -> None:
        self.change: Callable[[str, Path, Change], object] = lambda _operation, _path, change: change()


DISK = Disk()


def write_durably(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Write the content to `path` on stable storage, or leave no file of that name.

    Raises:
        OSError: the disk refused. Nothing is visible at `path`, unless only the final sync of the folder failed: then
            the file is visible and whole, but a power cut may remove it.
    """
    pieces = (content,) if isinstance(content, bytes) else content
    ensure_folder(path.parent)
    hidden = _hidden_beside(path)
    try:
        # As few system calls as there can be: in the receiver, each lets another thread take the interpreter.
        with hidden.open("wb", buffering=_BUFFER) as file:
            DISK.change("write", path, lambda: (file.writelines(pieces), file.flush()))
            sync_file(file, path)
        rename(hidden, path)
        sync(path.parent)
    except BaseException:
        hidden.unlink(missing_ok=True)
        raise


def replace_durably(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a hidden file, sync it, and rename it to `path`.

    Readers keep the old file or open the new one. A failed write leaves nothing behind.
    """
    with replacing(path) as hidden:
        write(hidden)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Fill the hidden file in this context; then it is synced and renamed to `path`. An error leaves nothing behind."""
    ensure_folder(path.parent)
    hidden = _hidden_beside(path)
    try:
        DISK.change("write", path, lambda: None)  # the caller writes
        yield hidden
        sync(hidden)
        rename(hidden, path)
        sync(path.parent)
    finally:
        with suppress(FileNotFoundError):
            hidden.unlink()


def place_here(path: Path, fill: Callable[[Path], T]) -> T:
    """Let `fill` write a hidden file, and rename it to `path`; for a copy of what is stored, which may be lost."""
    DISK.change("mkdir", path.parent, lambda: path.parent.mkdir(parents=True, exist_ok=True))
    hidden = _hidden_beside(path)
    try:
        result = fill(hidden)
        if hidden.exists():
            DISK.change("rename", path, lambda: hidden.replace(path))
        return result
    finally:
        hidden.unlink(missing_ok=True)


def drop_here(path: Path) -> None:
    """Remove the copy of a stored file, if it is there."""
    DISK.change("remove", path, lambda: path.unlink(missing_ok=True))


def _hidden_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid4().hex}{_HIDDEN_SUFFIX}")


@contextmanager
def explaining_disk(folder: Path) -> Iterator[None]:
    """Write files below the folder inside this context; what the disk refuses becomes an error in words.

    Raises:
        StorageError: the disk refused: it is full, read-only or broken, or the permission is missing.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        raise StorageError(describe_refusal(Path(error.filename or folder), error.errno)) from error


def describe_refusal(path: Path, number: int) -> str:
    """What the disk refused, where, and what to do; `number` is one of `DISK_ERRORS`."""
    existing = next(folder for folder in (path, *path.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    return (
        f"{path}: {os.strerror(number)}; expected to write there ({free / 1e6:,.0f} MB are free). Nothing that was "
        "landed is lost: free space or give permission, and run it again"
    )


def point_link(link: Path, target: Path) -> None:
    """Make `link` a relative symbolic link to `target` by one rename, in place of a link or file of that name.

    Raises:
        OSError: the disk refused, or `link` is a folder.
    """
    hidden = _hidden_beside(link)
    if remote := remote_of(link):
        DISK.change("put", link, lambda: remote.point(link, target))
    DISK.change("symlink", link, lambda: hidden.symlink_to(os.path.relpath(target, link.parent)))
    DISK.change("rename", link, lambda: hidden.replace(link))
    sync(link.parent)


def rename(path: Path, target: Path) -> None:
    """Rename a file or folder, over a file of that name; on object storage, the target is stored before."""
    if not (remote := remote_of(target)):
        DISK.change("rename", target, lambda: path.replace(target))
        return
    DISK.change("put", target, lambda: remote.put(path, target))
    if path.exists():
        DISK.change("rename", target, lambda: path.replace(target))
    DISK.change("delete", path, lambda: remote.delete_files([path]))


def remove(path: Path) -> None:
    """Remove a file, if it is there."""
    remove_files([path])


def remove_files(paths: Iterable[Path]) -> None:
    """Remove the files of one home that are there."""
    listed = list(paths)
    if listed and (remote := remote_of(listed[0])):
        DISK.change("delete", listed[0], lambda: remote.delete_files(listed))
    for path in listed:
        drop_here(path)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that it holds, or as much of it as can be."""
    if remote := remote_of(folder):
        DISK.change("delete", folder, lambda: remote.delete_folder(folder))
    DISK.change("remove", folder, lambda: shutil.rmtree(folder, ignore_errors=True))


def remove_any(path: Path) -> None:
    """Remove a file, a link, or a folder with all that it holds."""
    remove_folder(path) if path.is_dir() and not path.is_symlink() else remove(path)


def hardlink(path: Path, other: Path) -> None:
    """Give the file another name.

    Raises:
        OSError: the file is missing, the disk refused, or the file system has no hard links.
    """
    if remote := remote_of(other):
        DISK.change("put", other, lambda: remote.link(path, other))
    DISK.change("link", other, lambda: other.hardlink_to(path))


def clone(source: Path, copy: Path) -> None:
    """Copy a file's bytes; where the file system can, both share their blocks until one of them changes."""
    if remote := remote_of(copy):
        DISK.change("put", copy, lambda: remote.put(source, copy))
    DISK.change("copy", copy, lambda: _clone(source, copy))


def _clone(source: Path, copy: Path) -> None:
    with source.open("rb") as original, copy.open("wb") as file:
        try:
            fcntl.ioctl(file, _FICLONE, original.fileno())
        except OSError:  # another file system
            shutil.copyfile(source, copy)


def ensure_folder(folder: Path, *, mode: int = BY_UMASK) -> None:
    """Create the folder and its missing parents, with their names on stable storage; the umask narrows the mode.

    Raises:
        OSError: the disk refused, or a file has that name.
    """
    if folder.is_dir():
        return
    ensure_folder(folder.parent, mode=mode)
    # Another process may have created it meanwhile without syncing its name yet, so sync in either case.
    DISK.change("mkdir", folder, lambda: folder.mkdir(mode=mode, exist_ok=True))
    sync(folder.parent)


def sync(path: Path) -> None:
    """Put the file's bytes, or the names in the folder, on stable storage."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        DISK.change("fsync", path, lambda: os.fsync(descriptor))
    finally:
        os.close(descriptor)


def sync_file(file: BinaryIO, path: Path) -> None:
    """Put what was written to the open file on stable storage."""
    file.flush()
    DISK.change("fsync", path, lambda: os.fsync(file.fileno()))


def hidden_files(folder: Path, *, last_written_before: float = float("inf")) -> list[Path]:
    """The hidden files below the folder that were last written before then (seconds since 1970).

    A crash left them there, or another process is still writing them.
    """
    found = []
    for hidden in folder.rglob(f".*{_HIDDEN_SUFFIX}"):
        with suppress(FileNotFoundError):
            if hidden.is_file() and hidden.stat().st_mtime < last_written_before:
                found.append(hidden)
    return found
