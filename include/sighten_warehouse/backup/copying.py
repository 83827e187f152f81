"""Puts one file into a backup: as a hard link to the copy of the backup before, or as a new copy, with its digest."""

import hashlib
import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sighten_warehouse.backup.contents import Entry
from sighten_warehouse.backup.record import StoredFile
from sighten_warehouse.durable import OWNER_ONLY, ensure_folder, hardlink, remove, rename, sync_file
from sighten_warehouse.landing.files import digest_of
from sighten_warehouse.remotes import present

CHUNK = 1024 * 1024


class UnreadableError(Exception):
    """The file is missing or its bytes cannot be read; the message says which, in a word or two."""


@dataclass(frozen=True)
class Earlier:
    """The backup before: its folder and its files."""

    folder: Path
    files: dict[str, StoredFile]

    def copy_of(self, name: str) -> tuple[Path, StoredFile] | None:
        """Where its copy of that file is, if it has one, and what it recorded of it."""
        stored = self.files.get(name)
        return None if stored is None else (self.folder / name, stored)


@dataclass
class Taken:
    """What is in the backup now under one name; `problem`: what is wrong with the file, at home or in the backup."""

    stored: StoredFile | None = None
    copied: int = 0
    problem: str | None = None


def take(entry: Entry, folder: Path, earlier: Earlier, *, verify: bool) -> Taken:
    """Put the file into the backup that is being made in `folder`, unless it is there already.

    A file that is not what the home has recorded is replaced by the copy of the backup before, if that is.
    """
    target = folder / entry.name
    before = earlier.copy_of(entry.name)
    try:
        facts = present(entry.source).stat()
        if before and _is_same(facts, before[1]):
            return _again(entry, target, before, verify=verify)
        stored, copied = _resumed(facts, target) or _copy(entry.source, target)
    except (FileNotFoundError, UnreadableError) as error:
        if entry.may_vanish and not entry.source.exists():
            return Taken()
        what = str(error) if isinstance(error, UnreadableError) else "missing"
        return _instead(entry, target, before, what)
    if entry.sha256 not in (None, stored.sha256):
        return _instead(entry, target, before, "altered", found=stored)
    if verify and not _is_whole(target, stored, deep=True):
        return Taken(stored, copied, "the copy differs from what was written: the disk of the backup is damaged")
    return Taken(stored, copied)


def _is_same(facts: os.stat_result, stored: StoredFile) -> bool:
    return (facts.st_size, facts.st_mtime_ns) == (stored.size, stored.mtime_ns)


def _again(entry: Entry, target: Path, before: tuple[Path, StoredFile], *, verify: bool) -> Taken:
    """Take a file that has not changed since the backup before; with `verify`, only if both really have its bytes."""
    path, stored = before
    if entry.sha256 not in (None, stored.sha256):  # the backup before has taken a damaged file
        copied = _copy(entry.source, target)[0]
        return Taken(copied, copied.size, None if copied.sha256 == entry.sha256 else "altered; no backup has it whole")
    if not _is_whole(path, stored, deep=verify):
        copied = _copy(entry.source, target)[0]
        if copied.sha256 == stored.sha256:
            return Taken(
                copied,
                copied.size,
                f"the copy in {path.parents[entry.name.count('/')].name} was damaged; it was copied anew",
            )
        return Taken(copied, copied.size, "altered, here and in the backup before")
    if verify and digest_or_refuse(entry.source) != stored.sha256:
        return _instead(entry, target, before, "altered")
    _link(path, target)
    return Taken(stored)


def _instead(
    entry: Entry,
    target: Path,
    before: tuple[Path, StoredFile] | None,
    what: str,
    *,
    found: StoredFile | None = None,
) -> Taken:
    """Keep the copy of the backup before in place of a missing or altered file, if it is whole."""
    if before and entry.sha256 in (None, before[1].sha256) and _is_whole(*before, deep=True):
        _link(before[0], target)
        return Taken(before[1], 0, f"{what} in the home; the backup keeps the copy of the backup before")
    return Taken(found, found.size if found else 0, f"{what} in the home; the backup before has no whole copy")


def _is_whole(path: Path, stored: StoredFile, *, deep: bool) -> bool:
    """Whether a copy has the recorded size, and with `deep` the recorded digest."""
    if not path.is_file() or path.stat().st_size != stored.size:
        return False
    try:
        return not deep or digest_or_refuse(path) == stored.sha256
    except UnreadableError:
        return False


def digest_or_refuse(path: Path) -> str:
    """The digest of the file.

    Raises:
        UnreadableError: it cannot be read.
    """
    try:
        return digest_of(path)
    except OSError as error:
        raise UnreadableError(_why(error)) from error


def _why(error: OSError) -> str:
    return "missing" if isinstance(error, FileNotFoundError) else f"unreadable ({os.strerror(error.errno or 0)})"


def _resumed(facts: os.stat_result, target: Path) -> tuple[StoredFile, int] | None:
    """The copy that a backup which was killed has left, if it is complete: its time is set last."""
    if not target.is_file():
        return None
    stored = StoredFile(facts.st_size, facts.st_mtime_ns, stat.S_IMODE(facts.st_mode), digest_of(target))
    return (stored, 0) if _is_same(target.stat(), stored) else None


def _copy(source: Path, target: Path) -> tuple[StoredFile, int]:
    stored = copy_file(source, target)
    return stored, stored.size


def copy_file(source: Path, target: Path, *, as_stored: StoredFile | None = None) -> StoredFile:
    """Copy the file with its time and mode to stable storage, visible once whole; return what was copied.

    `as_stored`: where time and mode come from, in place of the source. The name is durable after a sync of the folder.

    Raises:
        UnreadableError: the source cannot be read.
        OSError: the disk refused a write.
    """
    ensure_folder(target.parent, mode=OWNER_ONLY)
    hidden = target.with_name(f".{target.name}.copying")
    remove(hidden)  # of a copy that was killed, and may be read-only
    digest, size = hashlib.sha256(), 0
    try:
        with ExitStack() as files:
            try:
                original = files.enter_context(source.open("rb"))
            except OSError as error:
                raise UnreadableError(_why(error)) from error
            file = files.enter_context(hidden.open("wb"))
            facts = os.fstat(original.fileno())
            mtime_ns, mode = facts.st_mtime_ns, stat.S_IMODE(facts.st_mode)
            if as_stored:
                mtime_ns, mode = as_stored.mtime_ns, as_stored.mode
            while chunk := _read(original):
                digest.update(chunk)
                file.write(chunk)
                size += len(chunk)
            file.flush()  # or a later write would change the time
            os.fchmod(file.fileno(), mode)
            os.utime(file.fileno(), ns=(mtime_ns, mtime_ns))
            sync_file(file, target)
    except OSError as error:  # a refused write names no file
        raise OSError(error.errno, error.strerror, str(target)) from error
    rename(hidden, target)
    return StoredFile(size, mtime_ns, mode, digest.hexdigest())


def _read(file: BinaryIO) -> bytes:
    try:
        return file.read(CHUNK)
    except OSError as error:
        raise UnreadableError(_why(error)) from error


def _link(path: Path, target: Path) -> None:
    ensure_folder(target.parent, mode=OWNER_ONLY)
    remove(target)
    try:
        hardlink(path, target)
    except OSError:  # a file system without hard links, or with a limit of them
        copy_file(path, target)
