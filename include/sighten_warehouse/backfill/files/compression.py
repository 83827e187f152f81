"""Detecting the compression of a stream by its first bytes, and undoing it."""

import bz2
import gzip
import lzma
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

import pyarrow as pa

from sighten_warehouse.backfill.files.reading import BLOCK, Readable, Reader

if TYPE_CHECKING:
    import io

MAX_XZ_MEMORY = 128 * 1024 * 1024  # the file itself demands memory; `xz -9` demands half of this


def compression_of(begin: bytes) -> str | None:
    """The name of the compression; None if none is known."""
    return next((name for magic, (name, _) in _COMPRESSIONS.items() if begin.startswith(magic)), None)


def decompressed(reader: Reader, compression: str) -> Reader:
    """The decompressed stream, decompressed as it is read."""
    return Reader(next(undo for name, undo in _COMPRESSIONS.values() if name == compression)(reader))


def _ungzip(reader: Reader) -> Readable:
    return gzip.GzipFile(fileobj=reader)


def _unbzip2(reader: Reader) -> Readable:
    return bz2.BZ2File(cast("io.BufferedIOBase", reader))


def _unzstd(reader: Reader) -> Readable:
    return cast("Readable", pa.CompressedInputStream(pa.PythonFile(reader, mode="r"), "zstd"))


class _Unxz:
    """Like `lzma.LZMAFile`, but with a limit of the memory that a file may demand."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._decompressor: lzma.LZMADecompressor | None = None

    def read(self, size: int, /) -> bytes:
        while True:
            if self._decompressor is None or self._decompressor.eof:
                rest = (self._decompressor.unused_data if self._decompressor else b"") or self._reader.read(BLOCK)
                rest = rest.lstrip(b"\0")  # padding between streams
                if not rest:
                    return b""
                self._decompressor = lzma.LZMADecompressor(memlimit=MAX_XZ_MEMORY)
            else:
                rest = self._reader.read(BLOCK) if self._decompressor.needs_input else b""
                if self._decompressor.needs_input and not rest:
                    raise EOFError("the compressed data is cut off")
            if text := self._decompressor.decompress(rest, size):
                return text


_COMPRESSIONS: dict[bytes, tuple[str, Callable[[Reader], Readable]]] = {
    b"\x1f\x8b": ("gz", _ungzip),
    b"\x28\xb5\x2f\xfd": ("zst", _unzstd),
    b"BZh": ("bz2", _unbzip2),
    b"\xfd7zXZ\x00": ("xz", _Unxz),
}
