"""Merges landing files into one compressed file, line for line."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from sighten_warehouse.durable import replace_durably
from sighten_warehouse.errors import LakeError
from sighten_warehouse.landing.files import LandingReader, digest_of
from sighten_warehouse.landing.integrity import Recorded


def merge_landing_files(landing: Path, parts: Mapping[str, Recorded], merged: Path) -> Recorded:
    """Write the lines of those files, in that order, to the file `merged` on stable storage; return what to record.

    Raises:
        LakeError: a file is not what was loaded from it.
    """
    import pyarrow as pa  # noqa: PLC0415  (a third of the time of `publish`, which seldom merges)

    def write(path: Path) -> None:
        with path.open("wb") as file, pa.CompressedOutputStream(pa.PythonFile(file, mode="w"), "zstd") as stream:
            for name, recorded in parts.items():
                for line in _checked_lines(landing / name, recorded):
                    stream.write(line + b"\n")

    replace_durably(merged, write)
    lines = sum(recorded.lines for recorded in parts.values())
    return Recorded(lines=lines, bytes=merged.stat().st_size, sha256=digest_of(merged))


def _checked_lines(path: Path, recorded: Recorded) -> Iterator[bytes]:
    reader = LandingReader(path)
    lines = 0
    for lines, line in enumerate(reader, 1):  # noqa: B007  (counted to the end)
        yield line
    found = (lines, reader.bytes, reader.sha256)
    expected = (recorded.lines, recorded.bytes or reader.bytes, recorded.sha256 or reader.sha256)
    if found != expected:
        raise LakeError(
            f"{path}: {found[0]:,} lines in {found[1]:,} bytes with SHA-256 {found[2]}; expected {expected[0]:,} lines"
            f" in {expected[1]:,} bytes with SHA-256 {expected[2]}"
        )
