"""A stream that shows what comes next before it is taken, and says what is wrong where it breaks."""

import io
import lzma
import tarfile
import zipfile
import zlib
from typing import Protocol

from sighten_warehouse.errors import RejectedError

BLOCK = 64 * 1024  # larger ones are mapped and unmapped each time, which takes longer than reading a small file

# What libraries raise about what they read; zipfile says with a RuntimeError that a member is encrypted.
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
    """What can be read from its start to its end."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most so many; none at the end."""


def broken(error: Exception) -> RejectedError:
    """That something cannot be read on, in the words of the library that met it."""
    said = str(error) or type(error).__name__
    return RejectedError("broken", place="the bytes", expected=f"a whole and readable file ({said})")


class Reader(io.RawIOBase):
    """Reads a stream once, from its start to its end; `text` from `at` on is what was looked at and not yet taken."""

    def __init__(self, stream: Readable) -> None:
        super().__init__()
        self._stream = stream
        self.text = b""
        self.at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def look_further(self) -> bool:
        """`text` holds more than before, unless the stream has ended, which is then said; `at` moves with it.

        Raises:
            RejectedError: the stream is broken.
        """
        rest = self.text[self.at :] if self.at else self.text
        # As much again as is held: so a long body is put together in few steps.
        block = self._next(max(BLOCK, len(rest)))
        self.text, self.at = rest + block, 0
        return bool(block)

    def look(self, size: int) -> bytes:
        """The next bytes, so many or all there are, without taking them."""
        while len(self.text) - self.at < size and self.look_further():
            continue
        return self.text[self.at : self.at + size]

    def read(self, size: int | None = -1, /) -> bytes:
        """The next bytes, at most so many or all there are; they are taken.

        Raises:
            RejectedError: the stream is broken.
        """
        if size is None or size < 0:
            raise io.UnsupportedOperation("read without a bound")
        if self.at == len(self.text):
            return self._next(size)
        taken = self.text[self.at : self.at + size]
        self.at += len(taken)
        return taken

    def _next(self, size: int) -> bytes:
        try:
            return self._stream.read(size)
        except BROKEN as error:
            raise broken(error) from error
