"""Landing files: write one, list them, and read their lines."""

import hashlib
import io
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from sighten_warehouse.durable import write_durably
from sighten_warehouse.landing.format import FILE_NAME, check_format, ensure_format
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.remotes import present, remote_of

SUFFIXES = (".ndjson", ".ndjson.zst")

_FOLDER = "received_date="
_ZSTD_RATIO = 8  # of milestones as JSON; an estimate is enough to bound batches
_BUFFER = 256 * 1024
_DIGITS = 16
_NAMED_DIGEST = re.compile(rf"\.([0-9a-f]{{{_DIGITS}}})\.ndjson$")


def write_landing_file(landing: Path, lines: Sequence[bytes], *, received_at: datetime) -> str:
    """Write the lines as a new landing file, visible once on stable storage; return its name below `landing`.

    The name holds the beginning of the digest of the bytes, so that damage is noticed before the file is loaded.

    Raises:
        OSError: the disk refused; nothing may be acknowledged. If only the sync of the folder failed, the file is
            visible: its deliveries, sent again, are landed twice, and the loader counts them as duplicates.
    """
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    named = f"{new_landing_id()}.{digest.hexdigest()[:_DIGITS]}.ndjson"
    name = f"received_date={received_at.astimezone(UTC):%Y-%m-%d}/{named}"
    remote = remote_of(landing)
    # Newer code reads older lines, so a receiver goes on beside it.
    if not (landing / FILE_NAME).exists() and not (remote and remote.bring(landing / FILE_NAME)):
        ensure_format(landing, "landing")
    if remote:  # not here too: a receiver's disk must not fill with what is stored
        remote.put_bytes(landing / name, b"".join(lines))
    else:
        write_durably(landing / name, lines)
    return name


def landing_files(landing: Path) -> list[str]:
    """The names of all visible landing files, relative to `landing`, oldest first.

    Raises:
        FormatError: landing was written by newer code.
    """
    check_format(landing, "landing")
    if remote := remote_of(landing):
        stored = (path.relative_to(landing).as_posix() for path in remote.listed(landing))
        return sorted(name for name in stored if name.startswith(_FOLDER) and _is_visible(PurePath(name).name))
    found = []
    for folder in landing.glob(f"{_FOLDER}*/"):
        with os.scandir(folder) as entries:  # tells files from folders without a call for each
            found += [f"{folder.name}/{entry.name}" for entry in entries if entry.is_file() and _is_visible(entry.name)]
    return sorted(found)


def _is_visible(name: str) -> bool:
    return name.endswith(SUFFIXES) and not name.startswith(".")


def is_as_named(path: Path) -> bool:
    """Whether its bytes have the digest that its name holds; also if it holds none."""
    named = _NAMED_DIGEST.search(path.name)
    return named is None or digest_of(path).startswith(named[1])


def read_raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a landing file, plain or zstd, in order and without line breaks.

    Raises:
        OSError: the file cannot be read; without `errno`, if it is compressed and damaged.
    """
    return iter(LandingReader(path))


class LandingReader:
    """The lines of a landing file; once all are read, also the number and the digest of its bytes."""

    def __init__(self, path: Path) -> None:
        self.bytes = 0
        self.sha256 = ""
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        digest = hashlib.sha256()
        with present(self._path).open("rb") as file:
            is_compressed = self._path.name.endswith(".zst")
            try:
                for line in self._unzstd(file) if is_compressed else file:
                    if not is_compressed:
                        digest.update(line)
                    stripped = line.rstrip(b"\n")
                    if stripped:
                        yield stripped
            finally:
                self.bytes = self._path.stat().st_size
                self.sha256 = digest_of(self._path) if is_compressed else digest.hexdigest()

    def _unzstd(self, file: BinaryIO) -> io.BufferedReader:
        import pyarrow as pa  # noqa: PLC0415  (large; the receiver only writes, and stays small)

        if not self._path.stat().st_size:
            # Arrow would take this for a complete stream.
            raise OSError(f"{self._path}: empty, expected zstd")
        stream: Any = pa.CompressedInputStream(pa.PythonFile(file), "zstd")
        return io.BufferedReader(stream, _BUFFER)


def text_bytes(name: str, size: int) -> int:
    """About how many bytes the lines of a landing file of that size have."""
    return size * _ZSTD_RATIO if name.endswith(".zst") else size


def digest_of(path: Path) -> str:
    """SHA-256 of the file's bytes."""
    with present(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
