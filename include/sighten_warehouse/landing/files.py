"""Landing files: write one, list them, and read their lines."""

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
    """Write the lines as a new landing file, visible once on stable storage; return its name below `landing`.

    Raises:
        OSError: the disk refused; nothing may be acknowledged. If only the sync of the folder failed, the file is
            visible: its deliveries, sent again, are landed twice, and the loader counts them as duplicates.
    """
    name = f"received_date={received_at.astimezone(UTC):%Y-%m-%d}/{new_landing_id()}.ndjson"
    write_durably(landing / name, lines)
    return name


def landing_files(landing: Path) -> list[str]:
    """The names of all visible landing files, relative to `landing`, oldest first."""
    found = (path for path in landing.glob("received_date=*/*") if path.name.endswith(SUFFIXES))
    return sorted(path.relative_to(landing).as_posix() for path in found if not path.name.startswith("."))


def read_raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a landing file, plain or zstd, in order and without line breaks.

    Raises:
        OSError: the file cannot be read, or is compressed and cut off.
    """
    with path.open("rb") as file:
        for line in _unzstd(path, file) if path.name.endswith(".zst") else file:
            stripped = line.rstrip(b"\n")
            if stripped:
                yield stripped


def _unzstd(path: Path, file: io.BufferedReader) -> io.BufferedReader:
    import pyarrow as pa  # noqa: PLC0415  (large; the receiver only writes, and stays small)

    if not path.stat().st_size:
        # Arrow would take this for a complete stream.
        raise OSError(f"{path}: empty, expected zstd")
    stream: Any = pa.CompressedInputStream(pa.PythonFile(file), "zstd")
    return io.BufferedReader(stream)


@dataclass(frozen=True)
class Days:
    """A range of days, both ends included."""

    first: date = date.min
    last: date = date.max

    def touch(self, landing_files: Iterable[str]) -> bool:
        """Whether one of those landing files was received on one of these days."""
        # ISO dates sort as text; years before 1000 have four digits too.
        first, last = self.first.isoformat(), self.last.isoformat()
        return any(first <= day_of(name) <= last for name in landing_files)


def day_of(landing_file: str) -> str:
    """The day in the name of the file's folder, on which its deliveries were received."""
    return landing_file.partition("/")[0].removeprefix(_FOLDER)
