"""The views of history in the published file: the lake's files by absolute path, what was copied counted once."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from sighten_warehouse.lake.manifest import Manifest, history_file
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import DUCKDB_TYPES, Model, models
from sighten_warehouse.sql_text import quoted

COPIES = "ops.copies"
DELIVERIES = "history.deliveries"


def history_files(layout: Layout, table: str, commits: Sequence[Manifest]) -> list[Path]:
    """The committed files of a history table."""
    return [history_file(layout, table, one.batch_id) for one in commits if one.history_files.get(table)]


def stage_deliveries(connection: duckdb.DuckDBPyConnection, files: Sequence[Path]) -> None:
    """Create the view of those files of deliveries that `ops.copies` is told from."""
    connection.execute(f"create view staging.every_delivery as {_select(models()[DELIVERIES], files)}")


def find_copies(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Fill `ops.copies`; returns the batches that hold a copy."""
    connection.execute(f"insert into {COPIES} {models()[COPIES].select}")
    return {batch for (batch,) in connection.execute(f"select distinct batch_id from {COPIES}").fetchall()}


def create_history(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> None:
    """The view of history that `select_history` describes."""
    connection.execute(f"create or replace view {model.full_name} as {select}")


def select_history(model: Model, files: Sequence[Path], *, copied: set[str] | None = None) -> str:
    """The rows of those files; of the `copied` batches without the rows of what was copied."""
    doubtful: list[Path] = []
    certain: list[Path] = []
    for path in files:
        (doubtful if path.stem.removeprefix("batch=") in (copied or ()) else certain).append(path)
    selects = [_select(model, certain)] if certain or not doubtful else []
    if doubtful:
        unmark = _marked if model.full_name == DELIVERIES else _without_copies
        selects.append(unmark(model, doubtful))
    return " union all by name ".join(selects)


def _select(model: Model, files: Sequence[Path]) -> str:
    columns = ", ".join(
        f'cast("{column.name}" as {DUCKDB_TYPES[column.type]}) as "{column.name}"' for column in model.columns
    )
    return f"select {columns} from {_read(model, files)}"


def _read(model: Model, files: Sequence[Path], *, options: str = "") -> str:
    """Those files with every column of the model, also where older code wrote all of them and lacked one."""
    nulls = (f'cast(null as {DUCKDB_TYPES[column.type]}) as "{column.name}"' for column in model.columns)
    parts = [f"select {', '.join(nulls)} where false"]
    if files:
        listed = ", ".join(f"'{quoted(path)}'" for path in files)
        parts.append(f"from read_parquet([{listed}], union_by_name = true, hive_partitioning = false{options})")
    return f"({' union all by name '.join(parts)})"


def _without_copies(model: Model, files: Sequence[Path]) -> str:
    """History has no line numbers, and needs none: within one batch a landing_id has rows of one line only."""
    source = f"{_read(model, files, options=', filename = true')} as rows"
    is_copy = "rows.landing_id = copies.landing_id and parse_filename(filename, true) = 'batch=' || copies.batch_id"
    rows = f"select {_names(model)} from {source} anti join {COPIES} as copies on {is_copy}"
    return f"{_select(model, ())} union all by name {rows}"


def _marked(model: Model, files: Sequence[Path]) -> str:
    own = "coalesce(copies.copy_landing_id, rows.landing_id) as landing_id"
    original = "coalesce(rows.copy_of_landing_id, copies.landing_id) as copy_of_landing_id"
    source = f"({_select(model, files)}) as rows left join {COPIES} as copies using (landing_file, line_number)"
    return f"select rows.* replace ({own}, {original}) from {source}"


def _names(model: Model) -> str:
    return ", ".join(f'rows."{column.name}"' for column in model.columns)
