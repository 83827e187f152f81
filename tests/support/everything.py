"""Every row of every table, as two warehouses are compared by."""

from typing import Any

import duckdb

from support.warehouses import Warehouse

Rows = dict[str, list[tuple[Any, ...]]]


TOLD_BY_THE_CLOCK = ("age_seconds", "age_band", "open_seconds", "waiting_seconds")


def everything(warehouse: Warehouse, *, but: tuple[str, ...] = ()) -> Rows:
    """Every row of every table and view, except times of publishing and the excluded columns."""
    with duckdb.connect(str(warehouse.settings.layout.warehouse_file), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        described = "select table_schema || '.' || table_name, column_name from information_schema.columns"
        for table, column in connection.execute(described).fetchall():
            if table != "ops.versions" and not column.endswith(TOLD_BY_THE_CLOCK + but):
                columns.setdefault(table, []).append(f'"{column}"')
        queries = {table: f"select {', '.join(listed)} from {table}" for table, listed in sorted(columns.items())}
        return {table: sorted(connection.execute(sql).fetchall(), key=repr) for table, sql in queries.items()}
