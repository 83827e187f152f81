"""Turns one batch of landing files into rows of every history table, one Parquet file per table."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

import duckdb
import pyarrow as pa

from sighten_warehouse.durable import replace_durably
from sighten_warehouse.lake.manifest import Manifest, history_file
from sighten_warehouse.landing.decision import DECISION_SCHEMA
from sighten_warehouse.landing.files import LandingReader
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.delivery import (
    DAMAGED,
    DELIVERY_SCHEMA,
    DRIFT_SCHEMA,
    Delivery,
    as_copy,
    read_delivery,
    unreadable_rest,
)
from sighten_warehouse.models import Model, in_order, macros, models
from sighten_warehouse.payload.answers.readers import ANSWER_SCHEMAS
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.snapshot_schema import snapshot_schema
from sighten_warehouse.sql_text import quoted

MAX_BUFFERED_BYTES = 4 * 1024 * 1024


@cache
def schemas() -> dict[str, pa.Schema]:
    """The Arrow schemas of the tables of `staging` that Python fills."""
    return {
        "deliveries": DELIVERY_SCHEMA,
        "snapshots": snapshot_schema(),
        "drift": DRIFT_SCHEMA,
        "decisions": DECISION_SCHEMA,
        **ANSWER_SCHEMAS,
    }


@dataclass
class _Staged:
    """The batch as Arrow tables; rows are converted after each `MAX_BUFFERED_BYTES` of bodies."""

    tables: dict[str, list[pa.RecordBatch]] = field(default_factory=lambda: {name: [] for name in schemas()})
    outcomes: Counter[str] = field(default_factory=Counter)
    _landing_ids: set[str] = field(default_factory=set)
    _buffer: list[Delivery] = field(default_factory=list)
    _buffered_bytes: int = 0

    def add(self, delivery: Delivery, size: int) -> None:
        self.outcomes[delivery.row["outcome"]] += 1
        landing_id = delivery.row["landing_id"]
        self._buffer.append(as_copy(delivery) if landing_id in self._landing_ids else delivery)
        self._landing_ids.add(landing_id)
        self._buffered_bytes += size
        if self._buffered_bytes >= MAX_BUFFERED_BYTES:
            self.flush()

    def flush(self) -> None:
        deliveries, self._buffer, self._buffered_bytes = self._buffer, [], 0
        for name, schema in schemas().items():
            rows = [row for delivery in deliveries for row in _rows(delivery, name)]
            if rows:
                self.tables[name].append(pa.RecordBatch.from_pylist(rows, schema=schema))


def _rows(delivery: Delivery, table: str) -> Sequence[Row]:
    return [delivery.row] if table == "deliveries" else delivery.staged.get(table, [])


def flatten_files(manifest: Manifest, *, layout: Layout) -> Manifest:
    """Write the batch's history files to stable storage; return the manifest with its outcomes and files."""
    staged = _Staged()
    recorded = {name: _take(name, staged, layout, manifest.batch_id) for name in sorted(manifest.landing_files)}
    staged.flush()
    written = dict(_write_history(staged, layout, manifest.batch_id))
    return replace(
        manifest,
        landing_files={name: found.lines for name, found in recorded.items()},
        landing_bytes={name: found.bytes for name, found in recorded.items()},
        landing_sha256={name: found.sha256 for name, found in recorded.items()},
        damaged_lines={name: found.damaged_lines for name, found in recorded.items() if found.damaged_lines},
        history_files=written,
        outcomes=dict(staged.outcomes),
    )


@dataclass(frozen=True)
class _Taken:
    lines: int
    bytes: int
    sha256: str
    damaged_lines: int


def _take(name: str, staged: _Staged, layout: Layout, batch_id: str) -> _Taken:
    """Stage every line of the file; what cannot be decompressed is one damaged line."""
    reader = LandingReader(layout.landing / name)
    number = damaged = 0
    try:
        for number, raw in enumerate(reader, 1):
            delivery = read_delivery(raw, landing_file=name, line_number=number, batch_id=batch_id)
            staged.add(delivery, len(raw))
            damaged += delivery.row.get("reason") in DAMAGED
    except OSError as error:
        if error.errno is not None:  # the disk, not the file
            raise
        number, damaged = number + 1, damaged + 1
        where = {"landing_file": name, "line_number": number, "batch_id": batch_id}
        staged.add(unreadable_rest(where, str(error)), 0)
    return _Taken(lines=number, bytes=reader.bytes, sha256=reader.sha256, damaged_lines=damaged)


def _write_history(staged: _Staged, layout: Layout, batch_id: str) -> Iterator[tuple[str, int]]:
    with staging_connection() as connection:
        connection.execute("set threads = 1")  # batches are small and flattened in parallel
        for name, schema in schemas().items():
            connection.register(f"_{name}", pa.Table.from_batches(staged.tables[name], schema))
            connection.execute(f"create view staging.{name} as from _{name}")
        for model in _models_with_rows(staged):
            if model.schema == "staging":
                connection.execute(f"create table {model.full_name} as {model.select}")
                continue
            connection.execute(f"create or replace temp table written as {model.select}")
            rows = _count(connection)
            if rows:
                path = history_file(layout, model.name, batch_id)
                replace_durably(path, partial(_write_parquet, connection))
                yield model.name, rows


def _models_with_rows(staged: _Staged) -> list[Model]:
    """The models of history that may get rows, and their inputs first: no input rows, no output rows."""
    fillable = (model for model in models().values() if model.schema == "staging" or model.is_loaded)
    ordered = [model for model in in_order(fillable) if model.select is not None]
    filled = {f"staging.{name}" for name, batches in staged.tables.items() if batches}
    for model in ordered:
        if filled.intersection(model.inputs):
            filled.add(model.full_name)
    needed = {model.full_name for model in ordered if model.schema == "history"} & filled
    for model in reversed(ordered):
        if model.full_name in needed:
            needed.update(model.inputs)
    return [model for model in ordered if model.full_name in needed]


def staging_connection() -> duckdb.DuckDBPyConnection:
    """A connection in memory with the models' macros and the schema `staging`."""
    connection = duckdb.connect()
    # In a process without a script file, DuckDB assumes a person and prints a progress bar to stdout.
    connection.execute("set enable_progress_bar = false")
    connection.execute("set preserve_insertion_order = true")
    connection.execute(macros("duckdb"))
    connection.execute("create schema staging")
    return connection


def _count(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute("select count(*) from written").fetchone()
    return int(row[0]) if row else 0


def _write_parquet(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    connection.execute(f"copy written to '{quoted(path)}' (format parquet, compression zstd)")
