"""The views of history in the published file: the lake's files by absolute path, with copied lines counted once."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from sighten_warehouse.escaping import quoted
from sighten_warehouse.lake.manifest import Manifest, history_file
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import DUCKDB_TYPES, Model, models
from sighten_warehouse.remotes import fetch

COPIES = "ops.copies"
DELIVERIES = "history.deliveries"
# Of a history file: an update of the published version skips groups without the deliveries that it needs.
ROWS_OF_GROUP = 16_384
AS_HISTORY = f"format parquet, compression zstd, row_group_size {ROWS_OF_GROUP}"
_BATCH_OF_FILE = "replace(parse_filename(filename, true), 'batch=', '')"


def history_files(layout: Layout, table: str, commits: Sequence[Manifest]) -> list[Path]:
    """The committed files of a history table, all of them here."""
    return fetch(
        history_file(layout, table, manifest.batch_id) for manifest in commits if manifest.history_files.get(table)
    )


def stage_deliveries(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Create or replace the view of those deliveries, from which `ops.copies` finds copied lines.

    Its batches are those of the files: a merged file holds the lines of several loads.
    """
    source = _read(models()[DELIVERIES], files, options=", filename = true")
    batch = _BATCH_OF_FILE if files else "batch_id"
    rows = f"select * replace ({batch} as batch_id) from {source}"
    connection.execute(f"create or replace view staging.every_delivery as {rows}")


def find_copies(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Fill `ops.copies` and return the ids of batches that contain a copy."""
    connection.execute(f"insert into {COPIES} {models()[COPIES].select}")
    return {batch for (batch,) in connection.execute(f"select distinct batch_id from {COPIES}").fetchall()}


def create_history(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> None:
    """Create or replace the view of a history table."""
    connection.execute(f"create or replace view {model.full_name} as {select}")


def select_history(model: Model, files: Sequence[Path], *, copied: set[str] | None = None) -> str:
    """A `select` of the files' rows; copied lines of the `copied` batches are left out, in deliveries marked."""
    with_copies: list[Path] = []
    others: list[Path] = []
    for path in files:
        (with_copies if path.stem.removeprefix("batch=") in (copied or ()) else others).append(path)
    selects = [_select(model, others)] if others or not with_copies else []
    if with_copies:
        select_copied = _mark_copies if model.full_name == DELIVERIES else _without_copies
        selects.append(select_copied(model, with_copies))
    return " union all by name ".join(selects)


def _select(model: Model, files: Sequence[Path]) -> str:
    columns = ", ".join(
        f'cast("{column.name}" as {DUCKDB_TYPES[column.type]}) as "{column.name}"' for column in model.columns
    )
    return f"select {columns} from {_read(model, files)}"


def _read(model: Model, files: Sequence[Path], *, options: str = "") -> str:
    """The files with every column of the model, NULL where older code did not write it."""
    nulls = (f'cast(null as {DUCKDB_TYPES[column.type]}) as "{column.name}"' for column in model.columns)
    parts = [f"select {', '.join(nulls)} where false"]
    if files:
        listed = ", ".join(f"'{quoted(path)}'" for path in files)
        parts.append(f"from read_parquet([{listed}], union_by_name = true, hive_partitioning = false{options})")
    return f"({' union all by name '.join(parts)})"


def _without_copies(model: Model, files: Sequence[Path]) -> str:
    """Leave out copies by landing_id and batch: within a batch, a landing_id has the rows of one line only."""
    source = f"{_read(model, files, options=', filename = true')} as rows"
    is_copy = f"rows.landing_id = copies.landing_id and {_BATCH_OF_FILE} = copies.batch_id"
    rows = f"select {_names(model)} from {source} anti join {COPIES} as copies on {is_copy}"
    return f"{_select(model, ())} union all by name {rows}"


def _mark_copies(model: Model, files: Sequence[Path]) -> str:
    own = "coalesce(copies.copy_landing_id, rows.landing_id) as landing_id"
    original = "coalesce(rows.copy_of_landing_id, copies.landing_id) as copy_of_landing_id"
    source = f"({_select(model, files)}) as rows left join {COPIES} as copies using (landing_file, line_number)"
    return f"select rows.* replace ({own}, {original}) from {source}"


def _names(model: Model) -> str:
    return ", ".join(f'rows."{column.name}"' for column in model.columns)
