"""The history files of one batch: rows of each table are written in groups, and the files become visible at the end."""

from contextlib import ExitStack
from functools import cache
from types import TracebackType
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from sighten_warehouse.durable import replacing
from sighten_warehouse.lake.history import ROWS_OF_GROUP
from sighten_warehouse.lake.manifest import history_file
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import models

_ARROW_TYPES = {
    "text": pa.string(),
    "json": pa.string(),
    "timestamp": pa.timestamp("us"),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "number": pa.float64(),
}
Columns = dict[str, pa.Array]


@cache
def history_schema(table: str) -> pa.Schema:
    """The Arrow schema of a history table that `load` writes."""
    columns = models()[f"history.{table}"].stored_columns
    return pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in columns])


def batch_of(table: str, columns: Columns) -> pa.RecordBatch:
    """The columns as rows of that table; a column that is missing is null."""
    schema = history_schema(table)
    size = len(columns["landing_id"])
    found = (columns.get(field.name) for field in schema)
    arrays = [pa.nulls(size, field.type) if one is None else one for field, one in zip(schema, found, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


class HistoryFiles:
    """Writes one Parquet file per table of history; as a context, it makes all of them visible at the end, or none."""

    def __init__(self, layout: Layout, batch_id: str) -> None:
        self.rows: dict[str, int] = {}
        self._layout = layout
        self._batch_id = batch_id
        self._buffers: dict[str, list[pa.RecordBatch]] = {}
        self._writers: dict[str, pq.ParquetWriter] = {}
        self._files = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.flush()
        self._files.__exit__(kind, error, traceback)

    def add(self, table: str, batch: pa.RecordBatch) -> None:
        """Add rows of a table; they are buffered until the next flush."""
        self._buffers.setdefault(table, []).append(batch)

    def flush(self) -> None:
        """Write the buffered rows of each table."""
        buffers, self._buffers = self._buffers, {}
        for table, batches in buffers.items():
            rows = pa.Table.from_batches(batches)
            if rows.num_rows:
                self._writer(table, rows.schema).write_table(rows, row_group_size=ROWS_OF_GROUP)
                self.rows[table] = self.rows.get(table, 0) + rows.num_rows

    def _writer(self, table: str, schema: pa.Schema) -> pq.ParquetWriter:
        if table not in self._writers:
            hidden = self._files.enter_context(replacing(history_file(self._layout, table, self._batch_id)))
            # Texts repeat from snapshot to snapshot; a dictionary of numbers or times takes more room than they do.
            texts = [field.name for field in schema if pa.types.is_string(field.type)]
            writer = pq.ParquetWriter(hidden, schema, compression="zstd", use_dictionary=texts, store_schema=False)
            self._writers[table] = self._files.enter_context(writer)
        return self._writers[table]
