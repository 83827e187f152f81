"""A reader with look-ahead, which turns every error of a library into one of ours."""

import io
import lzma
import tarfile
import zipfile
import zlib
from typing import Protocol

from sighten_warehouse.errors import RejectedError

BLOCK = 64 * 1024  # larger buffers are mapped and unmapped each time, which costs more than reading a small file

# The errors of libraries about their input; zipfile raises RuntimeError for an encrypted member.
BROKEN: tuple[type[Exception], ...] = (
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    tarfile.TarError,
)


class Readable(Protocol):
    """A stream that can be read from start to end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; empty at the end."""


def broken(error: Exception) -> RejectedError:
    """The error of a library, as a rejection."""
    message = str(error) or type(error).__name__
    return RejectedError("broken", place="the bytes", expected=f"a whole and readable file ({message})")


class Reader(io.RawIOBase):
    """Reads a stream once, from start to end; `buffer` from `at` on is read ahead and not consumed yet."""

    def __init__(self, stream: Readable) -> None:
        super().__init__()
        self._stream = stream
        self.buffer = b""
        self.at = 0

    def readable(self) -> bool:
        """Always true."""
        return True

    def read_ahead(self) -> bool:
        """Read more into `buffer`, and move `at` with it; return false at the end of the stream.

        Raises:
            RejectedError: the stream is broken.
        """
        rest = self.buffer[self.at :] if self.at else self.buffer
        # Doubling the buffer assembles a long body in few steps.
        block = self._next(max(BLOCK, len(rest)))
        self.buffer, self.at = rest + block, 0
        return bool(block)

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, or fewer at the end, without consuming them."""
        while len(self.buffer) - self.at < size and self.read_ahead():
            continue
        return self.buffer[self.at : self.at + size]

    def read(self, size: int | None = -1, /) -> bytes:
        """Consume and return the next bytes, at most `size`; empty at the end.

        Raises:
            RejectedError: the stream is broken.
        """
        if size is None or size < 0:
            raise io.UnsupportedOperation("read without a bound")
        if self.at == len(self.buffer):
            return self._next(size)
        taken = self.buffer[self.at : self.at + size]
        self.at += len(taken)
        return taken

    def _next(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except BROKEN as error:
            raise broken(error) from error
