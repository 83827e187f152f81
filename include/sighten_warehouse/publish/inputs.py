"""The tables that publish gives to the models: commits, versions, checks and the home's own codes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import duckdb

from sighten_warehouse.guards.masking import PSEUDONYMS_COLUMNS
from sighten_warehouse.lake.loads import Load, read_loads
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.payload.acknowledged import ACKNOWLEDGED_COLUMNS, read_acknowledged
from sighten_warehouse.payload.codes import CODES_COLUMNS, own_codes
from sighten_warehouse.publish.checks import CHECKS_COLUMNS, FOUND_COLUMNS, checks
from sighten_warehouse.publish.version import Version

COMMITS_COLUMNS = {
    "batch_id": "varchar",
    "first_version": "varchar",
    **dict.fromkeys(("landing_files", "landed", "loaded", "clean", "ignored", "quarantined", "history_rows"), "bigint"),
    "code_version": "varchar",
    "committed_at": "varchar",
}
VERSIONS_COLUMNS = {
    "version": "varchar",
    "batches": "bigint",
    "new_batches": "bigint",
    "code_version": "varchar",
    "started_at": "timestamp",
    "published_at": "timestamp",
}


def register_inputs(
    connection: duckdb.DuckDBPyConnection, *, layout: Layout, commits: Sequence[Manifest], versions: Sequence[Version]
) -> None:
    """Create the tables of `staging` that the models of `ops` read.

    Raises:
        SettingError: the home's list of codes is ill-formed.
    """
    first_versions = {batch: version.version for version in reversed(versions) for batch in version.new_batches}
    loads = (load for manifest in commits for load in read_loads(layout, manifest))
    batches = (_commit_row(load, first_versions.get(load.batch_id)) for load in loads)
    drift = ([*asdict(place).values()] for place in read_acknowledged(layout))
    create_rows(connection, "commits", COMMITS_COLUMNS, batches)
    create_rows(connection, "versions", VERSIONS_COLUMNS, map(_version_row, versions))
    create_rows(connection, "own_codes", CODES_COLUMNS, own_codes(layout))
    create_rows(connection, "acknowledged_drift", ACKNOWLEDGED_COLUMNS, drift)
    create_rows(
        connection, "checks", CHECKS_COLUMNS, ((check.name, check.severity, check.description) for check in checks())
    )
    create_rows(connection, "found", FOUND_COLUMNS, ())
    create_rows(connection, "pseudonyms", PSEUDONYMS_COLUMNS, ())


def create_rows(
    connection: duckdb.DuckDBPyConnection, name: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]
) -> None:
    """Create the table in `staging` with those columns, name → type, and rows in their order."""
    typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    connection.execute(f"create table staging.{name} ({typed})")
    add_rows(connection, f"staging.{name}", rows)


def add_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[Any]]) -> int:
    """Insert the rows, column by column; return how many. Without Arrow, whose first table would import pandas."""
    by_column = [list(values) for values in zip(*rows, strict=True)]
    if not by_column:
        return 0
    connection.execute(f"insert into {table} select {', '.join('unnest(?)' for _ in by_column)}", by_column)
    return len(by_column[0])


def _commit_row(load: Load, first_version: str | None) -> list[Any]:
    loaded, ignored, quarantined = (load.outcomes.get(name, 0) for name in ("loaded", "ignored", "quarantined"))
    facts = [load.batch_id, first_version, load.landing_files, load.landed]
    counts = [loaded, load.clean, ignored, quarantined, load.history_rows]
    return [*facts, *counts, load.code_version, load.committed_at]


def _version_row(version: Version) -> list[Any]:
    times = [version.started_time, version.published_time]
    return [version.version, version.batches, len(version.new_batches), version.code_version, *times]
