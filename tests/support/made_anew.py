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
from support.everything import TOLD_BY_THE_CLOCK
from support.warehouses import Warehouse

Rows = dict[str, list[str]]
AS_OF = ("milestones", "tasks", "sub_tasks", "documents", "comments", "quotes")
TIMES = ("2025-03-03", "2026-10-10")


def wrong_rows(warehouse: Warehouse) -> dict[str, Any]:
    """Table → rows that the published file has and one made anew lacks, or the reverse; {} if both are equal.

    Every table, view and as-of macro is compared; what is computed when it is read is not.
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
        anew, published = _rows(Path(folder) / "warehouse.duckdb"), _rows(layout.warehouse_file)
    found = {}
    for table in anew.keys() | published.keys():
        if published.get(table) != anew.get(table):
            here, there = set(published.get(table, [])), set(anew.get(table, []))
            found[table] = {"published": sorted(here - there), "anew": sorted(there - here)}
    return found


def _rows(path: Path) -> Rows:
    with duckdb.connect(str(path), read_only=True) as connection:
        columns: dict[str, list[str]] = {}
        described = "select table_schema, table_name, column_name from information_schema.columns order by all"
        for schema, table, column in connection.execute(described).fetchall():
            # The times of open milestones run on while both are read.
            if not column.endswith(TOLD_BY_THE_CLOCK) and not table.startswith("approval_times"):
                columns.setdefault(f'{schema}."{table}"', []).append(f'"{column}"')
        selects = {table: f"select {', '.join(names)} from {table}" for table, names in columns.items()}
        selects |= {f"{name} {time}": f"from {name}_as_of(timestamp '{time}')" for name in AS_OF for time in TIMES}
        return {name: sorted(map(repr, connection.execute(sql).fetchall())) for name, sql in selects.items()}
