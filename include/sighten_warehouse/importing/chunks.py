"""Lines on their way into landing: gathered by the day they were received, and landed as files of bounded size."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

import pyarrow as pa

from sighten_warehouse.durable import replace_durably
from sighten_warehouse.errors import StorageError

MOST_FILE_LINES = 5_000
MOST_FILE_BYTES = 32 * 1024 * 1024
MOST_WAITING_BYTES = 64 * 1024 * 1024


@dataclass
class _Day:
    first_id: str
    lines: list[bytes] = field(default_factory=list)
    size: int = 0


class Chunks:
    """Takes lines one by one; those of `landed` files are on stable storage, what waits is lost in a crash."""

    def __init__(self, landing: Path) -> None:
        self.landed = 0
        self._landing = landing
        self._days: dict[date, _Day] = {}
        self._waiting = 0

    def add(self, line: bytes, *, landing_id: str, received_on: date) -> None:
        """Take a line, its break included; lands a file where one is full, or where too much waits.

        Raises:
            StorageError: the disk refused.
        """
        day = self._days.setdefault(received_on, _Day(landing_id))
        day.lines.append(line)
        day.size += len(line)
        self._waiting += len(line)
        if day.size >= MOST_FILE_BYTES or len(day.lines) >= MOST_FILE_LINES:
            self._land(received_on)
        elif self._waiting >= MOST_WAITING_BYTES:
            self._land(max(self._days, key=lambda one: self._days[one].size))

    def land_all(self) -> None:
        """Nothing waits any more."""
        for received_on in sorted(self._days):
            self._land(received_on)

    def _land(self, received_on: date) -> None:
        day = self._days.pop(received_on)
        self._waiting -= day.size
        # A delivery is landed once, so no two files begin with the same one.
        path = self._landing / f"received_date={received_on.isoformat()}" / f"{day.first_id}.ndjson.zst"
        try:
            replace_durably(path, partial(_write_compressed, day.lines))
        except OSError as error:
            raise StorageError(f"{path}: {error}; expected room and the right to write there") from error
        self.landed += 1


def _write_compressed(lines: Iterable[bytes], path: Path) -> None:
    with path.open("wb") as file, pa.CompressedOutputStream(pa.PythonFile(file, mode="w"), "zstd") as stream:
        for line in lines:
            stream.write(line)
