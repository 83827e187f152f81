"""A partly downloaded document on disk, so that a later attempt can request the rest."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from sighten_warehouse.durable import ensure_folder, remove, sync_file, write_durably

MEBIBYTE = 1024 * 1024
CHECKPOINT_BYTES = 16 * MEBIBYTE
OVERLAP_BYTES = 4096  # requested again with the rest, to check that both belong to the same file
MAX_AGE_S = 7 * 86400.0


class PartialMetadata(msgspec.Struct, frozen=True):
    """What is known about the bytes on disk; stored as JSON beside them.

    Args:
        route: the path they were downloaded by, with names in place of ids.
        size: how many bytes are on stable storage.
        total: the size of the whole document, if announced.
        validator: identifies the version on the server: a strong ETag, else Last-Modified.
    """

    route: str = ""
    size: int = 0
    total: int | None = None
    validator: str | None = None


class Partial:
    """The bytes of one document; get one from `open_partial`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.path = path
        self._file = file
        self._synced = 0
        self.metadata = PartialMetadata()
        self.size = 0

    def resume(self, route: str) -> None:
        """Continue an earlier download, if it came by this route and its bytes are on stable storage."""
        metadata = PartialMetadata()
        with suppress(OSError, msgspec.MsgspecError):
            metadata = msgspec.json.decode(_metadata_path(self.path).read_bytes(), type=PartialMetadata)
        file_size = os.fstat(self._file.fileno()).st_size
        is_usable = metadata.route == route and metadata.validator is not None and metadata.size <= file_size
        self.metadata = metadata if is_usable else PartialMetadata(route=route)
        self._truncate(self.metadata.size)

    @property
    def resume_offset(self) -> int:
        """The first byte to request; 0 for the whole document."""
        return max(0, self.size - OVERLAP_BYTES) if self.metadata.validator is not None else 0

    def range_headers(self) -> dict[str, str]:
        """Return headers that request only the rest, on condition that the version is the same."""
        if not self.resume_offset or self.metadata.validator is None:
            return {}
        return {"Range": f"bytes={self.resume_offset}-", "If-Range": self.metadata.validator}

    def rewind(self) -> bytes:
        """Truncate to the resume offset; return the removed bytes, which will come again."""
        first = self.resume_offset
        self.flush()
        with self.path.open("rb") as file:
            file.seek(first)
            overlap = file.read()
        self._truncate(first)
        return overlap

    def continues(self, first: int, overlap: bytes) -> bool:
        """Whether the bytes received from `first` on match the overlap; restores what of it was not received."""
        self.flush()
        with self.path.open("rb") as file:
            file.seek(first)
            received = file.read(len(overlap))
        if received != overlap[: len(received)]:
            return False
        self.write(overlap[len(received) :])
        return True

    def restart(self, *, total: int | None = None, validator: str | None = None) -> None:
        """Drop all bytes and start from the first one."""
        self.metadata = PartialMetadata(self.metadata.route, 0, total, validator)
        self._truncate(0)
        write_durably(_metadata_path(self.path), msgspec.json.encode(self.metadata))

    def write(self, chunk: bytes) -> None:
        """Append received bytes; checkpoint every 16 MiB."""
        self._file.write(chunk)
        self.size += len(chunk)
        if self.size - self._synced >= CHECKPOINT_BYTES:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Put the received bytes on stable storage and record their number for the next process."""
        sync_file(self._file, self.path)
        self._synced = self.size
        self.metadata = PartialMetadata(self.metadata.route, self.size, self.metadata.total, self.metadata.validator)
        write_durably(_metadata_path(self.path), msgspec.json.encode(self.metadata))

    def flush(self) -> None:
        """Make the received bytes readable through the path."""
        self._file.flush()

    def remove_metadata(self) -> None:
        """Remove the metadata before the file moves into the vault; a later download starts from the first byte."""
        remove(_metadata_path(self.path))

    def discard(self) -> None:
        """Remove the bytes and the metadata."""
        for path in (self.path, _metadata_path(self.path)):
            remove(path)

    def _truncate(self, size: int) -> None:
        self._file.flush()
        self._file.truncate(size)
        self._file.seek(size)
        self.size = self._synced = size


@contextmanager
def open_partial(folder: Path, document_id: str) -> Iterator[Partial | None]:
    """Open and lock a document's partial file; None while another process or thread holds it.

    `document_id` is a UUID, so it is safe as a file name.
    """
    ensure_folder(folder)
    path = folder / document_id
    # The system releases the lock when the process ends.
    with path.open("a+b") as file:
        if not try_lock(file, path):
            yield None
            return
        yield Partial(path, file)


def try_lock(file: BinaryIO, path: Path) -> bool:
    """Lock the file; whether that worked and the path still leads to it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # The holder of the lock before us may have moved the file into the vault.
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def remove_old_partials(folder: Path, *, now: float) -> int:
    """Remove partial documents that were not written to for a week; return their number."""
    removed = 0
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            if now - path.stat().st_mtime > MAX_AGE_S and path.suffix != ".json":
                for leftover in (path, _metadata_path(path)):
                    remove(leftover)
                removed += 1
    return removed


def strong_validator(headers: Mapping[str, str]) -> str | None:
    """Return a validator for `If-Range` (RFC 9110): a strong ETag, else Last-Modified."""
    etag = headers.get("ETag", "")
    if etag.startswith('"') and etag.endswith('"') and len(etag) > 2:  # noqa: PLR2004  (the two quotes)
        return etag
    return None if etag else headers.get("Last-Modified")


def _metadata_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")
