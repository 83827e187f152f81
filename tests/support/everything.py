"""Every row of every table, as two warehouses are compared by."""

from collections.abc import Mapping
from typing import Any

import duckdb

from support.warehouses import Warehouse

Rows = dict[str, list[tuple[Any, ...]]]


TOLD_BY_THE_CLOCK = ("age_seconds", "age_band", "open_seconds", "waiting_seconds")


def everything(warehouse: Warehouse, *, but: tuple[str, ...] = ()) -> Rows:
    """Every row of every table, except times of publishing and the excluded columns, and what gives every view."""
    with duckdb.connect(str(warehouse.settings.layout.warehouse_file), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        described = "select table_schema || '.' || table_name, column_name from information_schema.columns"
        for table, column in connection.execute(described).fetchall():
            if table != "ops.versions" and not column.endswith(TOLD_BY_THE_CLOCK + but):
                columns.setdefault(table, []).append(f'"{column}"')
        # A view of tables holds the same rows if they do; one of history also reads files.
        views: Rows = {name: [(sql,)] for name, sql in definitions(connection).items() if "read_parquet" not in sql}
        tables = sorted(columns.keys() - views.keys())
        queries = {table: f"select {', '.join(columns[table])} from {table}" for table in tables}
        return views | {table: sorted(connection.execute(sql).fetchall(), key=repr) for table, sql in queries.items()}


def definitions(connection: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """The statement of every view of the file."""
    views = "select schema_name || '.' || view_name, sql from duckdb_views() where not internal"
    return dict(connection.execute(views).fetchall())
