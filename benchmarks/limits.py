"""What no loader of this data can do without: a copy of the file, the decoding of JSON, the writing of Parquet."""

import shutil
from functools import partial
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.figures import Figure
from benchmarks.homes import Home
from benchmarks.measure import Measured, median, time_call
from sighten_warehouse.durable import sync

RUNS = 3


def copy_and_sync(path: Path) -> Measured:
    """The median cost of a copy of the file on stable storage, without a reflink."""
    copy = path.with_name(".copy.tmp")
    try:
        return median(time_call(partial(_copy, path, copy)) for _ in range(RUNS))
    finally:
        copy.unlink(missing_ok=True)


def _copy(path: Path, copy: Path) -> None:
    shutil.copyfile(path, copy)
    sync(copy)


def payload_limits(home: Home, payloads: Path, *, count: int) -> list[Figure]:
    """The processor time a payload of `msgspec` decoding alone, and of writing the home's history as Parquet alone."""
    decoded = median(time_call(partial(_decode, payloads)) for _ in range(RUNS))
    tables = [_read_table(folder) for folder in sorted(home.layout.lake.iterdir()) if not folder.name.startswith("_")]
    written = median(time_call(partial(_write, tables)) for _ in range(RUNS))
    return [
        Figure("decode_ms", "limit: msgspec decodes a payload, CPU", decoded.cpu * 1000 / count, "ms"),
        Figure("parquet_ms", "limit: Parquet of a payload's rows, CPU", written.cpu * 1000 / count, "ms"),
    ]


def _decode(payloads: Path) -> None:
    decode = msgspec.json.Decoder().decode
    with payloads.open("rb") as file:
        for line in file:
            decode(line)


def _read_table(folder: Path) -> pa.Table:
    return pa.concat_tables(map(pq.read_table, sorted(folder.glob("*.parquet"))))


def _write(tables: list[pa.Table]) -> None:
    for table in tables:
        pq.write_table(table, pa.BufferOutputStream(), compression="zstd")
