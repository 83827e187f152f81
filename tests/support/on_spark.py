"""What Spark computes of a warehouse, table by table, as DuckDB reads it."""

import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import duckdb
import msgspec

from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.models import DUCKDB_TYPES, Column, Model, built_models, loaded_models
from sighten_warehouse.publish.spark_build import build_by_spark
from sighten_warehouse.publish.spark_tables import SparkTables
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.spark.dialect import view_name
from support.everything import TOLD_BY_THE_CLOCK
from support.warehouses import Warehouse

OF_THE_DRIVER = "ops.pseudonyms"  # made by Python
# DuckDB rounds the last bit of an interpolated value as the processor does; only views hold them.
PERCENTILE = re.compile(r"(p\d\d|median)_")
MASTER = "local[2]"


def compared_models() -> list[Model]:
    """Every table and view of history, current state, marts and operations."""
    return [
        model
        for model in (*loaded_models(), *built_models())
        if not model.is_intermediate and model.full_name != OF_THE_DRIVER
    ]


def wrong_on_spark(warehouse: Warehouse) -> dict[str, Any]:
    """Table → rows that only one engine has; {} if Spark computes what DuckDB has published."""
    warehouse.close()  # DuckDB would go on to read the file that the process has open
    published = _rows_of_file(warehouse.settings.layout.warehouse_file)
    with TemporaryDirectory() as folder:
        computed = _rows_of_spark(warehouse, Path(folder))
    found = {}
    for table, rows in published.items():
        if computed[table] != rows:
            here, there = set(rows), set(computed[table])
            found[table] = {"duckdb": sorted(here - there)[:3], "spark": sorted(there - here)[:3]}
    return found


def _rows_of_file(path: Path) -> dict[str, list[str]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return {model.full_name: _rows(connection, model, model.full_name) for model in compared_models()}


def _rows_of_spark(warehouse: Warehouse, folder: Path) -> dict[str, list[str]]:
    """The rows of every table and view in Spark's session, at the end of a build by Spark of the newest version."""
    layout = resolve_lake(warehouse.settings.layout)
    *earlier, newest = versions(layout)
    real = SparkTables.compute

    def compute_and_keep(tables: SparkTables, **options: Any) -> None:
        real(tables, **options)
        for model in compared_models():
            tables.session.table(view_name(model.full_name)).write.parquet(f"file://{folder}/{model.full_name}")

    settings = msgspec.structs.replace(warehouse.settings, engine="spark", spark_master=MASTER)
    (folder / "built").mkdir()
    with patch.object(SparkTables, "compute", compute_and_keep):
        build_by_spark(
            folder / "built",
            settings=settings,
            layout=layout,
            commits=commits(layout),
            versions=[*earlier, replace(newest, published_at="")],
        )
    with duckdb.connect() as connection:
        return {
            model.full_name: _rows(connection, model, f"read_parquet('{folder}/{model.full_name}/*.parquet')")
            for model in compared_models()
        }


def _rows(connection: duckdb.DuckDBPyConnection, model: Model, source: str) -> list[str]:
    columns = [column for column in model.columns if not column.name.endswith(TOLD_BY_THE_CLOCK)]
    typed = ", ".join(map(_value, columns))
    return sorted(map(repr, connection.execute(f"select {typed} from {source}").fetchall()))


def _value(column: Column) -> str:
    value = f'cast("{column.name}" as {DUCKDB_TYPES[column.type]})'
    return f"printf('%.14g', {value})" if PERCENTILE.match(column.name) else value
