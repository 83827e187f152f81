"""Builds the file that analysts open from tables that Spark has computed: it holds what `build` would put into it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sighten_warehouse.durable import ensure_folder, remove_folder
from sighten_warehouse.escaping import quoted
from sighten_warehouse.guards.masking import PSEUDONYMS
from sighten_warehouse.lake.history import COPIES
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import Model, built_models, models
from sighten_warehouse.publish.build import create_all_dal_views, fill, fill_pseudonyms, show_history, unchecked
from sighten_warehouse.publish.cache import KEPT, write_cache
from sighten_warehouse.publish.checks import refuse_failures
from sighten_warehouse.publish.empty_file import write_empty_file
from sighten_warehouse.publish.inputs import create_rows, register_inputs
from sighten_warehouse.publish.spark_tables import SparkTables
from sighten_warehouse.publish.tables import attached_file, configure, transaction
from sighten_warehouse.publish.version import Version
from sighten_warehouse.settings import Settings
from sighten_warehouse.spark.session import explaining_spark, spark_session

# What publish gives to the models as tables, beside history.
INPUTS = ("commits", "versions", "own_codes", "acknowledged_drift", "checks", "settings")
FOR_THE_CACHE = (*KEPT, "newest_mentions")


def build_by_spark(
    folder: Path, *, settings: Settings, layout: Layout, commits: Sequence[Manifest], versions: Sequence[Version]
) -> dict[str, int]:
    """Write `warehouse.duckdb` into the folder, and the cache; return the number of rows of each table.

    Spark computes the tables and runs the checks; DuckDB takes them over, and adds views, descriptions and pseudonyms.

    Raises:
        ModelError, CheckError, SettingError: as `build_warehouse`.
        SparkError: Spark failed.
    """
    write_empty_file(folder / "warehouse.duckdb", work=layout.work)
    with attached_file(folder / "warehouse.duckdb") as connection, _folder_of_tables(layout) as tables:
        configure(connection, settings, layout, commits)
        connection.execute("create schema staging")
        register_inputs(connection, layout=layout, commits=commits, versions=versions)
        _write_inputs(connection, settings, layout, tables)
        with spark_session(settings) as session, explaining_spark("publishing"):
            computed = SparkTables(session, tables, [f"staging.{name}" for name in INPUTS])
            computed.compute(layout=layout, commits=commits, new=unchecked(commits, versions))
        with transaction(connection, "a new file"):
            counts = _take_over(connection, tables, layout, commits)
            create_all_dal_views(connection, settings)
            counts[PSEUDONYMS] = fill_pseudonyms(connection, settings, layout)
            refuse_failures(connection)
        write_cache(connection, layout)
        connection.execute("drop schema staging cascade")
    return counts


@contextmanager
def _folder_of_tables(layout: Layout) -> Iterator[Path]:
    """The folder for what Spark computes, empty; it is on the home, which the executors share."""
    folder = layout.work / "spark"
    remove_folder(folder)  # of a publish that was killed
    ensure_folder(folder)
    try:
        yield folder
    finally:
        remove_folder(folder)


def _write_inputs(connection: duckdb.DuckDBPyConnection, settings: Settings, layout: Layout, folder: Path) -> None:
    known = [("api_url", settings.api_url), ("home", str(layout.root))]
    create_rows(connection, "settings", {"name": "varchar", "value": "varchar"}, known)
    for name in INPUTS:
        path = quoted(folder / f"staging.{name}.parquet")
        connection.execute(f"copy staging.{name} to '{path}' (format parquet)")


def _take_over(
    connection: duckdb.DuckDBPyConnection, tables: Path, layout: Layout, commits: Sequence[Manifest]
) -> dict[str, int]:
    """Fill the file's tables with the rows that Spark computed, and show history; return the numbers of rows."""
    counts = {COPIES: _take(connection, models()[COPIES], tables)}
    copied = {batch for (batch,) in connection.execute(f"select distinct batch_id from {COPIES}").fetchall()}
    show_history(connection, layout, commits, copied)
    for model in built_models():
        if model.is_updated and model.full_name not in (COPIES, PSEUDONYMS):
            counts[model.full_name] = _take(connection, model, tables)
    for name in FOR_THE_CACHE:
        connection.execute(f"create or replace table staging.{name} as from {_files(tables, f'staging.{name}')}")
    return counts


def _take(connection: duckdb.DuckDBPyConnection, model: Model, tables: Path) -> int:
    return fill(connection, model, f"select * from {_files(tables, model.full_name)}")


def _files(tables: Path, name: str) -> str:
    return f"read_parquet('{quoted(tables / name)}/*.parquet', hive_partitioning = false)"
