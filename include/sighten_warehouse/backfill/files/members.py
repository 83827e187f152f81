"""Opening archives and compressions, nested too: the streams of a file, one after the other."""

import stat
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from sighten_warehouse.backfill.files.compression import compression_of, decompressed
from sighten_warehouse.backfill.files.reading import BLOCK, BROKEN, Reader, broken
from sighten_warehouse.backfill.files.tars import TAR_BLOCK, is_tar, tar_members
from sighten_warehouse.backfill.files.zips import zip_members, zip_time
from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.format import FILE_NAME

MAX_NESTED = 6
MAX_NESTED_ZIP_BYTES = 8 * 1024**3
KEPT_IN_MEMORY = 16 * 1024 * 1024
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class Member:
    """One plain stream; read it before the next one.

    `origin`: the path of the file, then the path within its archives. `within`: its archives and compressions, the
    outermost first. `modified`: None if unknown.
    """

    origin: str
    modified: datetime | None
    within: tuple[str, ...]
    reader: Reader


@dataclass(frozen=True)
class Unreadable:
    """A file or member that could not be read, and why."""

    origin: str
    error: RejectedError


def members(path: Path, file: BinaryIO, *, modified: datetime | None) -> Iterator[Member | Unreadable]:
    """Everything in the file; a broken member is yielded as unreadable, and the others continue."""
    yield from _members(Member(str(path), modified, (), Reader(file)), file)


def _members(outer: Member, file: BinaryIO | None) -> Iterator[Member | Unreadable]:
    """`file` is the stream of the member's reader if it is seekable, else None."""
    try:
        begin = _begin(outer)
        if begin.startswith(_ZIP):
            yield from _of_zip(outer, file)
        elif compression := compression_of(begin):
            within = (*outer.within, compression)
            yield from _members(replace(outer, within=within, reader=decompressed(outer.reader, compression)), None)
        elif is_tar(begin):
            yield from _of_tar(outer)
        else:
            yield outer
    except RejectedError as error:
        yield Unreadable(outer.origin, error)


def _begin(outer: Member) -> bytes:
    if len(outer.within) > MAX_NESTED:
        raise RejectedError("too_deep", place="the whole file", expected=f"at most {MAX_NESTED} archives nested")
    return outer.reader.peek(TAR_BLOCK)


def _of_zip(outer: Member, file: BinaryIO | None) -> Iterator[Member | Unreadable]:
    if file is None:
        with tempfile.SpooledTemporaryFile(max_size=KEPT_IN_MEMORY) as spooled:
            _spool(outer.reader, cast("BinaryIO", spooled))
            yield from _of_zip(outer, cast("BinaryIO", spooled))
        return
    listed = zip_members(file)
    while True:
        try:
            archive, info = next(listed)
        except StopIteration:
            return
        except BROKEN as error:
            raise broken(error) from error
        if info.is_dir() or stat.S_ISLNK(info.external_attr >> 16) or _is_hidden(info.filename):
            continue
        yield from _zipped(outer, archive, info)


def _zipped(outer: Member, archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[Member | Unreadable]:
    origin = f"{outer.origin}/{info.filename}"
    try:
        stream = archive.open(info)
    except BROKEN as error:
        yield Unreadable(origin, broken(error))
        return
    with stream:
        inner = Member(origin, zip_time(info) or outer.modified, (*outer.within, "zip"), Reader(stream))
        yield from _members(inner, None)


def _spool(reader: Reader, spooled: BinaryIO) -> None:
    while block := reader.read(BLOCK):
        if spooled.tell() > MAX_NESTED_ZIP_BYTES:
            raise RejectedError(
                "too_big",
                place="the whole file",
                expected=f"a zip in an archive of at most {MAX_NESTED_ZIP_BYTES} bytes",
            )
        spooled.write(block)


def _of_tar(outer: Member) -> Iterator[Member | Unreadable]:
    try:
        for name, modified, stream in tar_members(outer.reader):
            if not _is_hidden(name):
                within = (*outer.within, "tar")
                inner = Member(f"{outer.origin}/{name}", modified or outer.modified, within, Reader(stream))
                yield from _members(inner, None)
    except BROKEN as error:
        raise broken(error) from error


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    if parts[-1:] == (FILE_NAME,):
        return True
    return any(part == "__MACOSX" or (part.startswith(".") and part not in (".", "..")) for part in parts)
