"""A document on its way: the bytes that came so far, on disk, so that the rest can be asked for later."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from sighten_warehouse.durable import ensure_folder, write_durably

MEBIBYTE = 1024 * 1024
CHECKPOINT_BYTES = 16 * MEBIBYTE
OVERLAP_BYTES = 4096  # asked for again when the rest is, to see that it goes on in the same bytes
FORGOTTEN_AFTER_S = 7 * 86400.0


class Kept(msgspec.Struct, frozen=True):
    """What is known of the bytes that lie there.

    Args:
        route: the path they came by, with names in place of ids.
        size: how many of them are on stable storage.
        total: how many there will be, if that was told.
        validator: what a server knows this very version by: a strong ETag, else the time of the last change.
    """

    route: str = ""
    size: int = 0
    total: int | None = None
    validator: str | None = None


class Partial:
    """The bytes of one document; `partial_of` is the way to get one."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self._synced = 0
        self.kept = Kept()
        self.size = 0

    def resume(self, route: str) -> None:
        """Takes up what an earlier process left, as far as it is on stable storage and came by this route."""
        kept = Kept()
        with suppress(OSError, msgspec.MsgspecError):
            kept = msgspec.json.decode(_notes(self.path).read_bytes(), type=Kept)
        there = os.fstat(self._file.fileno()).st_size
        fits = kept.route == route and kept.validator is not None and kept.size <= there
        self.kept = kept if fits else Kept(route=route)
        self._cut_to(self.kept.size)

    @property
    def goes_on_at(self) -> int:
        """From which byte on to ask; 0 for the whole."""
        return max(0, self.size - OVERLAP_BYTES) if self.kept.validator is not None else 0

    def range_headers(self) -> dict[str, str]:
        """The headers that ask for the rest only, and only if it is the rest of this version."""
        if not self.goes_on_at or self.kept.validator is None:
            return {}
        return {"Range": f"bytes={self.goes_on_at}-", "If-Range": self.kept.validator}

    def step_back(self) -> bytes:
        """Goes to where the rest begins; returns the bytes that were there already and come again."""
        first = self.goes_on_at
        self.flush()
        with self.path.open("rb") as file:
            file.seek(first)
            there = file.read()
        self._cut_to(first)
        return there

    def goes_on(self, first: int, there: bytes) -> bool:
        """Whether what was there from that byte on came again; as much of it as did not come is put back."""
        self.flush()
        with self.path.open("rb") as file:
            file.seek(first)
            came = file.read(len(there))
        if came != there[: len(came)]:
            return False
        self.write(there[len(came) :])
        return True

    def restart(self, *, total: int | None = None, validator: str | None = None) -> None:
        """Begins again from the first byte."""
        self.kept = Kept(self.kept.route, 0, total, validator)
        self._cut_to(0)
        write_durably(_notes(self.path), msgspec.json.encode(self.kept))

    def write(self, piece: bytes) -> None:
        """Adds what came."""
        self._file.write(piece)
        self.size += len(piece)
        if self.size - self._synced >= CHECKPOINT_BYTES:
            self.checkpoint()

    def checkpoint(self) -> None:
        """What came so far is on stable storage, and the next process knows that it is."""
        self.flush()
        os.fsync(self._file.fileno())
        self._synced = self.size
        self.kept = Kept(self.kept.route, self.size, self.kept.total, self.kept.validator)
        write_durably(_notes(self.path), msgspec.json.encode(self.kept))

    def flush(self) -> None:
        """What came so far can be read by its path."""
        self._file.flush()

    def forget(self) -> None:
        """Its bytes are about to become the document: whoever comes next begins anew."""
        _notes(self.path).unlink(missing_ok=True)

    def discard(self) -> None:
        """Nothing of it is left."""
        for path in (self.path, _notes(self.path)):
            path.unlink(missing_ok=True)

    def _cut_to(self, size: int) -> None:
        self._file.flush()
        self._file.truncate(size)
        self._file.seek(size)
        self.size = self._synced = size


@contextmanager
def partial_of(folder: Path, document_id: str) -> Iterator[Partial | None]:
    """The document's, to be written by nobody else meanwhile; None while another process or thread has it.

    `document_id` is a UUID, and so a name that leads nowhere else.
    """
    ensure_folder(folder)
    path = folder / document_id
    # The lock goes with the process, however that ends.
    with path.open("a+b") as file:
        if not is_locked(file, path):
            yield None
            return
        yield Partial(path, file)


def is_locked(file: BinaryIO, path: Path) -> bool:
    """Whether the file is ours from now on, and still the one of that name."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever had it before us may have moved it into the vault meanwhile: then this is no longer the partial.
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def forget_old(folder: Path, *, now: float) -> int:
    """What nobody has written to for a week is removed; returns how many documents' bytes that were."""
    removed = 0
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > FORGOTTEN_AFTER_S and path.suffix != ".json":
                for one in (path, _notes(path)):
                    one.unlink(missing_ok=True)
                removed += 1
    return removed


def strong_validator(headers: Mapping[str, str]) -> str | None:
    """What `If-Range` may name (RFC 9110): a strong ETag, else the time of the last change."""
    etag = headers.get("ETag", "")
    if etag.startswith('"') and etag.endswith('"') and len(etag) > 2:  # noqa: PLR2004  (the two quotes)
        return etag
    return None if etag else headers.get("Last-Modified")


def _notes(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
