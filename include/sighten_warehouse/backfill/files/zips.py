"""The members of a zip archive, read in slices of its directory: zipfile alone would hold all of it in memory."""

import io
import struct
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

AT_ONCE = 2_000
MAX_BYTES_AT_ONCE = 4 * 1024 * 1024  # of the central directory

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR = struct.Struct("<4sLQL")
_FIELD = struct.Struct("<2H")
_SECONDS = struct.Struct("<Bi")
_LONGEST_COMMENT = 2**16
_ENTRY = 46  # bytes before the name
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX_TIME = 0x5455  # the extra field in which Info-ZIP keeps seconds since 1970
_MAX_16, _MAX_32 = 2**16 - 1, 2**32 - 1


def zip_members(file: BinaryIO) -> Iterator[tuple[zipfile.ZipFile, zipfile.ZipInfo]]:
    """Each member, with the archive to open it in; valid until the next one.

    Raises:
        BadZipFile: it is not a zip, or its central directory is broken.
    """
    listed, before = _find_list(file)
    at, end = listed
    while at < end:
        entries, count, at = _entries(file, at, end)
        with zipfile.ZipFile(io.BufferedReader(_Slice(file, entries, count, at=listed[0], before=before))) as archive:
            for info in archive.infolist():
                yield archive, info


def zip_time(info: zipfile.ZipInfo) -> datetime | None:
    """The time of modification, as UTC if it has no zone; None if the archive has none."""
    extra = info.extra
    while len(extra) >= _FIELD.size:
        number, length = _FIELD.unpack_from(extra)
        field, extra = extra[_FIELD.size : _FIELD.size + length], extra[_FIELD.size + length :]
        if number == _UNIX_TIME and len(field) >= _SECONDS.size and field[0] & 1:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=_SECONDS.unpack_from(field)[1])
    try:
        return None if info.date_time == _NO_TIME else datetime(*info.date_time, tzinfo=UTC)
    except ValueError:
        return None


def _find_list(file: BinaryIO) -> tuple[tuple[int, int], int]:
    """The begin and end of the central directory, and the number of bytes before the archive."""
    size = file.seek(0, io.SEEK_END)
    tail_at = max(0, size - _END.size - _LONGEST_COMMENT)
    file.seek(tail_at)
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < _END.size:
        raise zipfile.BadZipFile("its list of members is missing: the archive is probably cut off")
    _, _, _, _, _, length, offset, _ = _END.unpack_from(tail, found)
    end = tail_at + found
    if found >= _LOCATOR.size and tail[found - _LOCATOR.size :].startswith(b"PK\x06\x07"):
        end -= _LOCATOR.size + _END_64.size
        file.seek(end)
        fields = file.read(_END_64.size)
        if not fields.startswith(b"PK\x06\x06"):
            raise zipfile.BadZipFile("the position of its list of members is wrong")
        length, offset = _END_64.unpack(fields)[-2:]
    start = end - length
    if start < 0 or start < offset:
        raise zipfile.BadZipFile("the position of its list of members is wrong")
    return (start, end), start - offset


def _entries(file: BinaryIO, at: int, end: int) -> tuple[bytes, int, int]:
    """The next entries of the directory, their number, and the position after them."""
    file.seek(at)
    entries, count, start = [], 0, at
    while at < end and count < AT_ONCE and at - start < MAX_BYTES_AT_ONCE:
        fixed = file.read(_ENTRY)
        if len(fixed) < _ENTRY or not fixed.startswith(b"PK\x01\x02"):
            raise zipfile.BadZipFile("its list of members is broken")
        rest = sum(struct.unpack_from("<3H", fixed, 28))
        entries += [fixed, file.read(rest)]
        at += _ENTRY + rest
        count += 1
    return b"".join(entries), count, at


class _Slice(io.RawIOBase):
    """The archive with a central directory of those entries only."""

    def __init__(self, file: BinaryIO, entries: bytes, count: int, *, at: int, before: int) -> None:
        super().__init__()
        self._file = file
        self._list_at = at
        self._list = entries + _end_of_list(len(entries), count, at=at, before=before)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._list_at + len(self._list)}[whence]
        self._at = start + offset
        if self._at < 0:
            raise OSError("before the start of the archive")
        return self._at

    def readinto(self, buffer: "memoryview", /) -> int:  # type: ignore[override]
        if self._at < self._list_at:
            self._file.seek(self._at)
            piece = self._file.read(min(len(buffer), self._list_at - self._at))
        else:
            start = self._at - self._list_at
            piece = self._list[start : start + len(buffer)]
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


def _end_of_list(length: int, count: int, *, at: int, before: int) -> bytes:
    end = _END_64.pack(b"PK\x06\x06", _END_64.size - 12, 45, 45, 0, 0, count, count, length, at - before)
    locator = _LOCATOR.pack(b"PK\x06\x07", 0, at - before + length, 1)
    return end + locator + _END.pack(b"PK\x05\x06", 0, 0, _MAX_16, _MAX_16, _MAX_32, _MAX_32, 0)
