"""The files of landing: one new file a group of lines, and how they are found and read again."""

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sighten_warehouse.durable import write_durably
from sighten_warehouse.landing.ids import new_landing_id

SUFFIXES = (".ndjson", ".ndjson.zst")

_FOLDER = "received_date="


def write_landing_file(landing: Path, lines: Sequence[bytes], *, received_at: datetime) -> str:
    """One new landing file with those lines, visible once it is on stable storage; returns its name below `landing`.

    Raises:
        OSError: the disk refused; nothing may be acknowledged. Where only the folder's sync failed the file is visible:
            then its deliveries, sent again, are landed twice, which the loader counts as duplicates.
    """
    name = f"received_date={received_at.astimezone(UTC):%Y-%m-%d}/{new_landing_id()}.ndjson"
    write_durably(landing / name, lines)
    return name


def landing_files(landing: Path) -> list[str]:
    """The names below `landing` of all visible landing files, oldest first."""
    found = (path for path in landing.glob("received_date=*/*") if path.name.endswith(SUFFIXES))
    return sorted(path.relative_to(landing).as_posix() for path in found if not path.name.startswith("."))


def read_raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a landing file, plain or compressed with zstd, in order and without their line breaks.

    Raises:
        OSError: the file cannot be read, or a compressed one is cut off.
    """
    with path.open("rb") as file:
        for line in _unzstd(path, file) if path.name.endswith(".zst") else file:
            stripped = line.rstrip(b"\n")
            if stripped:
                yield stripped


def _unzstd(path: Path, file: io.BufferedReader) -> io.BufferedReader:
    import pyarrow as pa  # noqa: PLC0415  (large, and the receiver, which only writes, stays small)

    if not path.stat().st_size:
        # Arrow takes this for the end of the stream and not for a cut off one.
        raise OSError(f"{path}: empty, expected zstd")
    stream: Any = pa.CompressedInputStream(pa.PythonFile(file), "zstd")
    return io.BufferedReader(stream)


@dataclass(frozen=True)
class Days:
    """All days from the first to the last, both included."""

    first: date = date.min
    last: date = date.max

    def touch(self, landing_files: Iterable[str]) -> bool:
        """Whether one of those landing files lies on one of these days."""
        # Days are written so that they sort as texts; those before the year 1000, too, have four digits.
        first, last = self.first.isoformat(), self.last.isoformat()
        return any(first <= day_of(name) <= last for name in landing_files)


def day_of(landing_file: str) -> str:
    """The day on which what it holds was received, as its folder has it."""
    return landing_file.partition("/")[0].removeprefix(_FOLDER)
