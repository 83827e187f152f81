"""The tables that publish gives to the models: commits, versions and the home's own codes."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pyarrow as pa

from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.payload.acknowledged import acknowledged_table
from sighten_warehouse.payload.codes import own_codes
from sighten_warehouse.publish.checks import findings_table
from sighten_warehouse.publish.pseudonyms import PSEUDONYMS_SCHEMA
from sighten_warehouse.publish.versions import Version

COMMITS_SCHEMA = pa.schema(
    [("batch_id", pa.string())]
    + [(name, pa.int64()) for name in ("landing_files", "landed", "loaded", "ignored", "quarantined", "history_rows")]
    + [("code_version", pa.string()), ("committed_at", pa.string())]
)
VERSIONS_SCHEMA = pa.schema(
    [
        ("version", pa.string()),
        ("batches", pa.int64()),
        ("new_batches", pa.int64()),
        ("code_version", pa.string()),
        ("started_at", pa.timestamp("us")),
        ("published_at", pa.timestamp("us")),
    ]
)
VERSION_BATCHES_SCHEMA = pa.schema([("version", pa.string()), ("batch_id", pa.string())])


def register_inputs(
    connection: duckdb.DuckDBPyConnection, *, layout: Layout, commits: Sequence[Manifest], versions: Sequence[Version]
) -> None:
    """Create the tables of `staging` that the models of `ops` read.

    Raises:
        SettingError: the home's list of codes is ill-formed.
    """
    batches = [{"version": version.version, "batch_id": batch} for version in versions for batch in version.new_batches]
    parts = {
        "commits": pa.Table.from_pylist([_commit_row(manifest) for manifest in commits], schema=COMMITS_SCHEMA),
        "versions": pa.Table.from_pylist([_version_row(version) for version in versions], schema=VERSIONS_SCHEMA),
        "version_batches": pa.Table.from_pylist(batches, schema=VERSION_BATCHES_SCHEMA),
        "own_codes": own_codes(layout),
        "acknowledged_drift": acknowledged_table(layout),
        "findings": findings_table([]),
        "pseudonyms": PSEUDONYMS_SCHEMA.empty_table(),
    }
    for name, table in parts.items():
        connection.register(f"_{name}", table)
        connection.execute(f"create table staging.{name} as from _{name}")


def _commit_row(manifest: Manifest) -> dict[str, Any]:
    outcomes = {name: manifest.outcomes.get(name, 0) for name in ("loaded", "ignored", "quarantined")}
    return outcomes | {
        "batch_id": manifest.batch_id,
        "landing_files": len(manifest.landing_files),
        "landed": manifest.landed,
        "history_rows": manifest.history_rows,
        "code_version": manifest.code_version,
        "committed_at": manifest.committed_at,
    }


def _version_row(version: Version) -> dict[str, Any]:
    return {
        "version": version.version,
        "batches": version.batches,
        "new_batches": len(version.new_batches),
        "code_version": version.code_version,
        "started_at": version.started_time,
        "published_at": version.published_time,
    }
