"""The file that analysts open, built from the committed history: current state, history, marts and operations."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa

from sighten_warehouse.durable import ensure_folder, sync
from sighten_warehouse.errors import ModelError
from sighten_warehouse.lake import Manifest, history_file
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import DUCKDB_TYPES, Model, in_order, macros
from sighten_warehouse.versions import Version

SCHEMAS = ("history", "marts", "ops")
EXPORTED = ("main", "marts")


def build_warehouse(
    folder: Path, *, layout: Layout, commits: Sequence[Manifest], versions: Sequence[Version], api_url: str | None
) -> dict[str, int]:
    """Write `warehouse.duckdb` and `parquet/` into the folder, synced; returns the rows of each table.

    `versions` ends with the one that is being built. Tables of `main`, `marts` and `ops` hold their rows themselves;
    those of `history` are views of the lake's files, by absolute paths.

    Raises:
        ModelError: a model does not give the columns that its description lists.
    """
    with _warehouse(folder / "warehouse.duckdb") as connection:
        connection.execute("set variable api_url = ?", [api_url])
        connection.execute("set variable published_at = ?", [versions[-1].published_time])
        _stage(connection, commits, versions)
        connection.execute("begin")
        for model in in_order(["history"]):
            _create_history(connection, model, _files(layout, model.name, commits))
        counts = {}
        for model in in_order(["main", "marts", "ops"]):
            counts[model.full_name] = _create_table(connection, model)
            if model.schema in EXPORTED:
                _export(connection, model, folder / "parquet" / model.name)
        connection.execute("commit")
    sync(folder / "warehouse.duckdb")
    return counts


@contextmanager
def _warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        # v1.0.0 is the oldest format that every DuckDB since 1.0 opens.
        connection.execute(f"attach '{_quoted(path)}' as warehouse (storage_version 'v1.0.0')")
        connection.execute("use warehouse")
        connection.execute(macros("duckdb"))
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
        connection.execute("create schema staging")
        yield connection
        connection.execute("drop schema staging cascade")
        connection.execute("use memory")
        connection.execute("detach warehouse")


def _stage(connection: duckdb.DuckDBPyConnection, commits: Sequence[Manifest], versions: Sequence[Version]) -> None:
    """What the commits and versions say, as tables that the models of `ops` read."""
    parts = {
        "commits": pa.Table.from_pylist([_commit_row(one) for one in commits], schema=_COMMIT_SCHEMA),
        "versions": pa.Table.from_pylist([_version_row(one) for one in versions], schema=_VERSION_SCHEMA),
        "version_batches": pa.Table.from_pylist(
            [{"version": one.version, "batch_id": batch} for one in versions for batch in one.new_batches],
            schema=pa.schema([("version", pa.string()), ("batch_id", pa.string())]),
        ),
    }
    for name, table in parts.items():
        connection.register(f"_{name}", table)
        connection.execute(f"create table staging.{name} as from _{name}")


_COMMIT_SCHEMA = pa.schema(
    [("batch_id", pa.string())]
    + [(name, pa.int64()) for name in ("landing_files", "landed", "loaded", "ignored", "quarantined", "history_rows")]
    + [("code_version", pa.string()), ("committed_at", pa.string())]
)
_VERSION_SCHEMA = pa.schema(
    [
        ("version", pa.string()),
        ("batches", pa.int64()),
        ("new_batches", pa.int64()),
        ("code_version", pa.string()),
        ("published_at", pa.timestamp("us")),
    ]
)


def _commit_row(manifest: Manifest) -> dict[str, object]:
    outcomes = {name: manifest.outcomes.get(name, 0) for name in ("loaded", "ignored", "quarantined")}
    return outcomes | {
        "batch_id": manifest.batch_id,
        "landing_files": len(manifest.landing_files),
        "landed": manifest.landed,
        "history_rows": sum(manifest.history_files.values()),
        "code_version": manifest.code_version,
        "committed_at": manifest.committed_at,
    }


def _version_row(version: Version) -> dict[str, object]:
    return {
        "version": version.version,
        "batches": version.batches,
        "new_batches": len(version.new_batches),
        "code_version": version.code_version,
        "published_at": version.published_time,
    }


def _files(layout: Layout, table: str, commits: Sequence[Manifest]) -> list[Path]:
    return [history_file(layout, table, one.batch_id) for one in commits if one.history_files.get(table)]


def _create_history(connection: duckdb.DuckDBPyConnection, model: Model, files: Sequence[Path]) -> None:
    columns = ", ".join(
        f'cast("{column.name}" as {DUCKDB_TYPES[column.type]}) as "{column.name}"' for column in model.columns
    )
    if files:
        listed = ", ".join(f"'{_quoted(path)}'" for path in files)
        source = f"read_parquet([{listed}], union_by_name = true, hive_partitioning = false)"
    else:
        empty = ", ".join(f'null as "{column.name}"' for column in model.columns)
        source = f"(select {empty} where false)"
    connection.execute(f"create view {model.full_name} as select {columns} from {source}")
    _describe(connection, model, "view")


def _create_table(connection: duckdb.DuckDBPyConnection, model: Model) -> int:
    columns = ", ".join(f'"{column.name}" {DUCKDB_TYPES[column.type]}' for column in model.columns)
    connection.execute(f"create table {model.full_name} ({columns})")
    given = [column[0] for column in connection.execute(f"select * from ({model.select}) limit 0").description or ()]
    described = [column.name for column in model.columns]
    if given != described:
        raise ModelError(f"{model.full_name}: the select gives {given}, expected what is described: {described}")
    row = connection.execute(f"insert into {model.full_name} {model.select}").fetchone()
    _describe(connection, model, "table")
    return int(row[0]) if row else 0


def _describe(connection: duckdb.DuckDBPyConnection, model: Model, what: str) -> None:
    said = {f"{what} {model.full_name}": model.description}
    said |= {f'column {model.full_name}."{column.name}"': column.description for column in model.columns}
    connection.execute("; ".join(f"comment on {name} is '{_quoted(text)}'" for name, text in said.items()))


def _export(connection: duckdb.DuckDBPyConnection, model: Model, folder: Path) -> None:
    ensure_folder(folder)
    path = folder / f"{model.name}.parquet"
    connection.execute(f"copy (from {model.full_name}) to '{_quoted(path)}' (format parquet, compression zstd)")
    sync(path)


def _quoted(text: object) -> str:
    return str(text).replace("'", "''")
