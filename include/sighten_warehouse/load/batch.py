"""Turns one batch of landing files into rows of every history table, one Parquet file per table."""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache

import duckdb
import pyarrow as pa

from sighten_warehouse.lake.manifest import Manifest, history_digests
from sighten_warehouse.landing.decision import DECISION_SCHEMA
from sighten_warehouse.landing.files import LandingReader
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.clean import DECODERS, CleanLine, decode_clean, flatten_clean
from sighten_warehouse.load.delivery import (
    DAMAGED,
    DELIVERY_SCHEMA,
    DRIFT_SCHEMA,
    Delivery,
    as_copy,
    read_body,
    read_line,
    unreadable_line,
)
from sighten_warehouse.load.history_files import HistoryFiles, history_schema
from sighten_warehouse.models import Model, in_order, macros, models
from sighten_warehouse.payload.answers.readers import ANSWER_SCHEMAS
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.snapshot_schema import snapshot_schema

MAX_BUFFERED_BYTES = 64 * 1024 * 1024  # of bodies, whose rows are in memory
CONFORMED_WEIGHT = 4  # a payload that is not clean takes that many times the memory of a clean one
MAX_CONFORMED_BYTES = 4 * 1024 * 1024  # of bodies, kept as rows of Python
CLEAN_BYTES = 640 * 1024  # of bodies, flattened together: more leave the processor's cache


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


class _Batch:
    """One batch while it is read: clean payloads become rows of history at once, the others are staged for SQL."""

    def __init__(self, files: HistoryFiles) -> None:
        self.outcomes: Counter[str] = Counter()
        self.clean = 0
        self._files = files
        self._staged: dict[str, list[pa.RecordBatch]] = {}
        self._landing_ids: set[str] = set()
        self._lines = _no_lines()
        self._deliveries: list[Delivery] = []
        self._clean_bytes = self._conformed_bytes = self._buffered_bytes = 0

    def add(self, raw: bytes, where: Row) -> Delivery | None:
        """Add a landed line; return its delivery if it was read at once."""
        self._make_room(len(raw))
        read = read_line(raw, where)
        if isinstance(read, Delivery):
            return self.add_delivery(read)
        line, facts = read
        clean = None if line.landing_id in self._landing_ids else decode_clean(line, facts)
        if clean is None:
            return self.add_delivery(read_body(line, facts))
        self._landing_ids.add(line.landing_id)
        self._lines[clean.kind].append(clean)
        self._clean_bytes += len(raw)
        if self._clean_bytes >= CLEAN_BYTES:
            self._flatten()
        return None

    def add_delivery(self, delivery: Delivery) -> Delivery:
        """Stage a delivery that was read without the fast path."""
        landing_id = delivery.row["landing_id"]
        self._stage(as_copy(delivery) if landing_id in self._landing_ids else delivery)
        self._landing_ids.add(landing_id)
        return delivery

    def _stage(self, delivery: Delivery) -> None:
        self.outcomes[delivery.row["outcome"]] += 1
        self._deliveries.append(delivery)
        size = delivery.row.get("body_bytes", 0)
        self._conformed_bytes += size
        self._buffered_bytes += (CONFORMED_WEIGHT - 1) * size
        if self._conformed_bytes >= MAX_CONFORMED_BYTES:
            self._convert()

    def _flatten(self) -> None:
        """Turn the clean payloads into rows of history."""
        waiting, self._lines, self._clean_bytes = self._lines, _no_lines(), 0
        for lines in waiting.values():
            batches, unclean = flatten_clean(lines)
            for table, rows in batches:
                self._files.add(table, rows)
            self.clean += len(lines) - len(unclean)
            self.outcomes["loaded"] += len(lines) - len(unclean)
            for line in unclean:
                self._stage(read_body(line.line, line.facts))

    def _convert(self) -> None:
        """Convert the deliveries to tables of `staging`, which take less memory."""
        deliveries, self._deliveries, self._conformed_bytes = self._deliveries, [], 0
        for name, schema in schemas().items():
            rows = [row for delivery in deliveries for row in _rows(delivery, name)]
            if rows:
                self._staged.setdefault(name, []).append(pa.RecordBatch.from_pylist(rows, schema=schema))

    def _make_room(self, size: int) -> None:
        self._buffered_bytes += size
        if self._buffered_bytes > MAX_BUFFERED_BYTES:
            self.flush()
            self._buffered_bytes = size

    def flush(self) -> None:
        """Write what was read so far."""
        self._flatten()
        self._convert()
        staged, self._staged = self._staged, {}
        if staged:
            for table, rows in run_models(staged):
                for batch in rows.to_batches():
                    self._files.add(table, batch)
        self._files.flush()


def _no_lines() -> dict[str, list[CleanLine]]:
    return {kind: [] for kind in DECODERS}


def _rows(delivery: Delivery, table: str) -> Sequence[Row]:
    return [delivery.row] if table == "deliveries" else delivery.staged.get(table, [])


def flatten_files(manifest: Manifest, *, layout: Layout) -> Manifest:
    """Write the batch's history files to stable storage; return the manifest with its outcomes and files."""
    with without_garbage_collection(), HistoryFiles(layout, manifest.batch_id) as files:
        batch = _Batch(files)
        recorded = {name: _take(name, batch, layout, manifest.batch_id) for name in sorted(manifest.landing_files)}
        batch.flush()
    return replace(
        manifest,
        landing_files={name: found.lines for name, found in recorded.items()},
        landing_bytes={name: found.bytes for name, found in recorded.items()},
        landing_sha256={name: found.sha256 for name, found in recorded.items()},
        damaged_lines={name: found.damaged_lines for name, found in recorded.items() if found.damaged_lines},
        history_files=files.rows,
        history_sha256=history_digests(layout, manifest.batch_id, files.rows),
        outcomes=dict(batch.outcomes),
        clean=batch.clean,
    )


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Run without the collector of cycles: it would visit millions of new rows, among which there are none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@dataclass(frozen=True)
class _Taken:
    lines: int
    bytes: int
    sha256: str
    damaged_lines: int


def _take(name: str, batch: _Batch, layout: Layout, batch_id: str) -> _Taken:
    """Read every line of the file; what cannot be decompressed is one damaged line."""
    reader = LandingReader(layout.landing / name)
    where: Row = {"landing_file": name, "batch_id": batch_id}
    number = damaged = 0
    try:
        for number, raw in enumerate(reader, 1):
            delivery = batch.add(raw, where | {"line_number": number})
            damaged += delivery is not None and delivery.row.get("reason") in DAMAGED
    except OSError as error:
        if error.errno is not None:  # the disk, not the file
            raise
        number, damaged = number + 1, damaged + 1
        batch.add_delivery(unreadable_line(where | {"line_number": number}, str(error)))
    return _Taken(lines=number, bytes=reader.bytes, sha256=reader.sha256, damaged_lines=damaged)


def run_models(staged: Mapping[str, Sequence[pa.RecordBatch]]) -> Iterator[tuple[str, pa.Table]]:
    """The rows of history of the staged rows, by table."""
    with staging_connection() as connection:
        connection.execute("set threads = 1")  # batches are small and flattened in parallel
        for name, schema in schemas().items():
            connection.register(f"_{name}", pa.Table.from_batches(staged.get(name, ()), schema))
            connection.execute(f"create view staging.{name} as from _{name}")
        for model in _models_with_rows(staged):
            if model.schema == "staging":
                connection.execute(f"create table {model.full_name} as {model.select}")
            else:
                yield model.name, connection.sql(str(model.select)).to_arrow_table().cast(history_schema(model.name))


def _models_with_rows(staged: Mapping[str, Sequence[pa.RecordBatch]]) -> list[Model]:
    """The models of history that may get rows, and their inputs first: no input rows, no output rows."""
    fillable = (model for model in models().values() if model.schema == "staging" or model.is_loaded)
    ordered = [model for model in in_order(fillable) if model.select is not None]
    filled = {f"staging.{name}" for name, batches in staged.items() if batches}
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
