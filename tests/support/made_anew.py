"""The newest version as it was published, beside one that is made anew from all history."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.publish.build import build_warehouse
from sighten_warehouse.publish.versions import versions
from support.everything import TOLD_BY_THE_CLOCK, definitions
from support.warehouses import Warehouse

MACROS = "select function_name, macro_definition from duckdb_functions() where ends_with(function_type, 'macro') "
MACROS += "and not internal order by all"


def wrong_rows(warehouse: Warehouse) -> dict[str, Any]:
    """Table → rows that the published file has and one made anew lacks, or the reverse; {} if both are equal.

    What is computed when it is read is not compared. Views and macros that select the same are not read.
    """
    warehouse.close()  # DuckDB would go on to read the file that the process has open
    layout = resolve_lake(warehouse.settings.layout)
    *earlier, newest = versions(layout)
    with TemporaryDirectory() as folder:
        build_warehouse(
            Path(folder),
            settings=warehouse.settings,
            layout=layout,
            commits=commits(layout),
            versions=[*earlier, replace(newest, published_at="")],
            with_cache=False,
        )
        with (
            duckdb.connect(str(layout.warehouse_file), read_only=True) as published,
            duckdb.connect(str(Path(folder) / "warehouse.duckdb"), read_only=True) as anew,
        ):
            return _differing(published, anew)


def _differing(published: duckdb.DuckDBPyConnection, anew: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    same_views = dict(definitions(published).items() & definitions(anew).items()).keys()
    found: dict[str, Any] = {}
    if published.execute(MACROS).fetchall() != anew.execute(MACROS).fetchall():
        found["macros"] = "differ"
    all_columns = [_columns(connection) for connection in (published, anew)]
    for table in (all_columns[0].keys() | all_columns[1].keys()) - same_views:
        here, there = (
            _rows(connection, table, columns)
            for connection, columns in zip((published, anew), all_columns, strict=True)
        )
        if here != there:
            found[table] = {"published": sorted(set(here) - set(there)), "anew": sorted(set(there) - set(here))}
    return found


def _columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The columns of every table and view, but for those that run on with the time."""
    columns: dict[str, list[str]] = {}
    described = "select table_schema || '.' || table_name, column_name from information_schema.columns order by all"
    for table, column in connection.execute(described).fetchall():
        # The times of open milestones run on while both are read.
        if not column.endswith(TOLD_BY_THE_CLOCK) and not table.startswith("ops.approval_times"):
            columns.setdefault(table, []).append(f'"{column}"')
    return columns


def _rows(connection: duckdb.DuckDBPyConnection, table: str, columns: dict[str, list[str]]) -> list[str]:
    if table not in columns:
        return []
    schema, _, name = table.partition(".")
    select = f'select {", ".join(columns[table])} from {schema}."{name}"'
    return sorted(map(repr, connection.execute(select).fetchall()))
