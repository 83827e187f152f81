"""Files to import, importing them, and reading landing afterwards."""

import io
import os
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from sighten_warehouse.backfill.files.step import import_files
from sighten_warehouse.backfill.files.tally import Tally
from sighten_warehouse.backfill.files.times import Times, name_pattern
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.landing.line import LandingLine, parse_landing_line
from support.warehouses import Warehouse

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
OLD = datetime(2018, 8, 30, 15, 11, 33, tzinfo=UTC)


def write(path: Path, content: bytes, *, at: datetime = OLD) -> Path:
    """A file last changed at that time: what the machine's clock says is nothing to an import at `NOW`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def imported(
    warehouse: Warehouse, *paths: Path | str, field: str | None = None, pattern: str | None = None, **options: Any
) -> Tally:
    times = Times(field=field, pattern=name_pattern(pattern) if pattern else None, now=NOW)
    return import_files(warehouse.settings, [str(path) for path in paths], times=times, **options)


def raw_lines(warehouse: Warehouse) -> list[bytes]:
    landing = warehouse.settings.layout.landing
    return [line for name in landing_files(landing) for line in read_raw_lines(landing / name)]


def landed(warehouse: Warehouse) -> list[LandingLine]:
    return [parse_landing_line(line) for line in raw_lines(warehouse)]


def bodies(warehouse: Warehouse) -> list[bytes]:
    return [line.body_as_received() for line in landed(warehouse)]


def times(warehouse: Warehouse) -> list[str]:
    return [line.received_at for line in landed(warehouse)]


def problems(tally: Tally) -> list[tuple[str, str]]:
    return [(Path(origin).name, error.reason) for origin, error in tally.unreadable]


def zipped(*members: tuple[str, bytes], at: tuple[int, int, int, int, int, int] = (2018, 8, 30, 15, 11, 33)) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(zipfile.ZipInfo(name, at), content)
    return archive.getvalue()


def tarred(*members: tuple[str, bytes], at: int = 1_535_641_893) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as file:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), at
            file.addfile(info, io.BytesIO(content))
    return archive.getvalue()


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, "zstd", asbytes=True))
