"""The members of a tar archive, read as a stream."""

import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import IO

from sighten_warehouse.backfill.files.reading import Reader

TAR_BLOCK = 512
MAX_HEADER_BYTES = 1024 * 1024  # long names and the like, which tarfile reads whole
_MAX_SECONDS = 2**35
_READ_AT_ONCE = (
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.SOLARIS_XHDTYPE,
)


def is_tar(begin: bytes) -> bool:
    """Whether the stream begins with a tar header."""
    try:
        tarfile.TarInfo.frombuf(begin[:TAR_BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


def tar_members(reader: Reader) -> Iterator[tuple[str, datetime | None, IO[bytes]]]:
    """Name, time of modification and content of each regular file; skips links and devices.

    Raises:
        TarError: the archive is broken or cut off.
    """
    with tarfile.open(fileobj=reader, mode="r|", tarinfo=_CarefulTarInfo) as archive:
        while info := archive.next():
            archive.members = []  # type: ignore[attr-defined]  # otherwise it keeps all members in memory
            stream = archive.extractfile(info) if info.isreg() else None
            if stream:
                known = 0 < info.mtime < _MAX_SECONDS  # reproducible archives have 0
                modified = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=info.mtime) if known else None
                yield info.name, modified, stream


class _CarefulTarInfo(tarfile.TarInfo):
    @classmethod
    def fromtarfile(cls, archive: tarfile.TarFile) -> "_CarefulTarInfo":
        try:
            return super().fromtarfile(archive)
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]
            # tarfile would take a broken header for the end, and silently skip what follows.
            raise tarfile.ReadError(f"a header is broken: {error}") from error

    def _proc_member(self, archive: tarfile.TarFile) -> tarfile.TarInfo | None:
        """Read what belongs to the header; the only place before it that each version of Python calls."""
        if self.type in _READ_AT_ONCE and self.size > MAX_HEADER_BYTES:
            raise tarfile.ReadError(f"a header of {self.size} bytes")
        member: tarfile.TarInfo | None = super()._proc_member(archive)  # type: ignore[misc]
        return member
