"""The members of a tar archive, in the order of the stream."""

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import IO

from sighten_warehouse.backfill.files.reading import Reader

TAR_BLOCK = 512
MAX_HEADER_BYTES = 1024 * 1024  # long names and the like, which tarfile reads at once
_MAX_SECONDS = 2**35
_READ_AT_ONCE = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


def is_tar(begin: bytes) -> bool:
    """Whether the first block of a stream is that of a tar archive."""
    try:
        tarfile.TarInfo.frombuf(begin[:TAR_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def tar_members(reader: Reader) -> Iterator[tuple[str, datetime | None, IO[bytes]]]:
    """Name, time of modification and content of each regular file; links and devices are no files.

    Raises:
        TarError: it is broken or cut off.
    """
    with tarfile.open(fileobj=reader, mode="r|", tarinfo=_CarefulTarInfo) as archive:
        while info := archive.next():
            archive.members = []  # type: ignore[attr-defined]  # else it keeps all of them
            stream = archive.extractfile(info) if info.isreg() else None
            if stream:
                known = 0 < info.mtime < _MAX_SECONDS  # archives made to be reproducible say 0
                modified = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=info.mtime) if known else None
                yield info.name, modified, stream


class _CarefulTarInfo(tarfile.TarInfo):
    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> "_CarefulTarInfo":
        try:
            info = super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if not buf or not any(buf):
                raise
            # tarfile takes a broken header for the end, and would leave out what follows without a word.
            raise tarfile.ReadError(f"a header is broken: {error}") from error
        if info.type in _READ_AT_ONCE and info.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {info.size} bytes")
        return info
