"""Gathering lines by day of receiving, and landing them as files of bounded size."""

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from sighten_warehouse.durable import OWNER_ONLY, ensure_folder, replace_durably
from sighten_warehouse.errors import StorageError
from sighten_warehouse.layout import Layout

MAX_FILE_LINES = 5_000
MAX_FILE_BYTES = 32 * 1024 * 1024
MAX_MEMORY_BYTES = 64 * 1024 * 1024
MAX_WAITING_BYTES = 2 * 1024**3


@dataclass
class _Day:
    """The waiting lines of a day: spilled blocks (offset and size), and the lines after them in memory."""

    first_id: str
    blocks: list[tuple[int, int]] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)
    lines_size: int = 0
    size: int = 0
    count: int = 0


class Chunks(AbstractContextManager["Chunks"]):
    """Takes lines one by one; those in the `landed` files are on stable storage, waiting ones are lost in a crash.

    Each file costs two syncs. If days come mixed, lines of every day wait on disk, so that files are few and memory is
    bounded. What waits is bounded too, since an interrupted import has to read it again.
    """

    def __init__(self, layout: Layout) -> None:
        ensure_folder(layout.root, mode=OWNER_ONLY)
        self.landed = 0
        self._landing = layout.landing
        self._days: dict[date, _Day] = {}
        self._in_memory = 0
        self._waiting = 0
        self._spill_file = tempfile.TemporaryFile(dir=layout.root)  # noqa: SIM115  (closed by __exit__)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop the waiting lines."""
        self._spill_file.close()

    def add(self, line: bytes, *, landing_id: str, received_on: date) -> None:
        """Take a line with its line break; land its file if that is full, or all if too much waits.

        Raises:
            StorageError: the disk refused.
        """
        day = self._days.setdefault(received_on, _Day(landing_id))
        day.lines.append(line)
        day.lines_size += len(line)
        day.size += len(line)
        day.count += 1
        self._in_memory += len(line)
        self._waiting += len(line)
        if day.size >= MAX_FILE_BYTES or day.count >= MAX_FILE_LINES:
            self._land(received_on)
        elif self._waiting >= MAX_WAITING_BYTES:
            self.land_all()
        elif self._in_memory >= MAX_MEMORY_BYTES:
            self._spill()

    def land_all(self) -> None:
        """Land all waiting lines.

        Raises:
            StorageError: the disk refused.
        """
        for received_on in sorted(self._days):
            self._land(received_on)
        self._spill_file.seek(0)

    def _spill(self) -> None:
        """Spill the lines of the days with the most lines in memory to disk."""
        average = self._in_memory / len(self._days)
        for day in self._days.values():
            if day.lines_size >= average:
                try:
                    day.blocks.append((self._spill_file.tell(), day.lines_size))
                    self._spill_file.writelines(day.lines)
                except OSError as error:
                    raise StorageError(f"{self._landing}: {error}; expected free space for waiting lines") from error
                self._in_memory -= day.lines_size
                day.lines, day.lines_size = [], 0

    def _land(self, received_on: date) -> None:
        day = self._days.pop(received_on)
        # A delivery is landed once, so no two files begin with the same landing id.
        path = self._landing / f"received_date={received_on.isoformat()}" / f"{day.first_id}.ndjson.zst"
        try:
            replace_durably(path, partial(self._write, day))
        except OSError as error:
            raise StorageError(f"{path}: {error}; expected free space and permission to write there") from error
        self._in_memory -= day.lines_size
        self._waiting -= day.size
        self.landed += 1

    def _write(self, day: _Day, path: Path) -> None:
        with path.open("wb") as file, pa.CompressedOutputStream(pa.PythonFile(file, mode="w"), "zstd") as stream:
            for piece in self._pieces(day):
                stream.write(piece)

    def _pieces(self, day: _Day) -> Iterator[bytes]:
        end = self._spill_file.tell()
        for place, size in day.blocks:
            self._spill_file.seek(place)
            yield self._spill_file.read(size)
        self._spill_file.seek(end)
        yield from day.lines
