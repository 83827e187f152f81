"""Tables and views in a new warehouse file, with their descriptions as COMMENTs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sighten_warehouse.durable import DISK
from sighten_warehouse.escaping import quoted
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import ADDED, ALL, DUCKDB_TYPES, Column, Model, macros
from sighten_warehouse.settings import Settings

SCHEMAS = ("history", "marts", "ops", "masked")
# Of a row group. An update rewrites the last groups of a table and reads those with rows that it replaces, so a quarter
# of DuckDB's default, for a file that is a tenth larger.
GROUP_ROWS = 30_720
ROWS_FOR_MORE_THREADS = 250_000  # of history; below this, one thread is faster
BYTES_OF_ROW = 320  # of history, in a part of a model: what windows, joins and lists hold of it
ROWS_TO_COMPRESS = 10_000  # of history; below this, trying each compression costs more than it saves


@contextmanager
def new_file(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that creates tables in a new file, which every DuckDB since 1.0 can open."""
    with attached_file(path) as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
        yield connection


@contextmanager
def attached_file(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the tables of that file; the file is complete once the context exits."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")  # as in `load.batch`: no progress bar in logs
        # Every DuckDB since 1.0 opens this format.
        connection.execute(
            f"attach '{quoted(path)}' as warehouse (storage_version 'v1.0.0', row_group_size {GROUP_ROWS})"
        )
        connection.execute("use warehouse")
        connection.execute(macros("duckdb"))
        yield connection
        connection.execute("use memory")
        DISK.change("write", path, lambda: connection.execute("detach warehouse"))


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection, what: str) -> Iterator[None]:
    """Commit at once what is executed in this context."""
    connection.execute("begin")
    yield
    DISK.change("commit", Path(what), lambda: connection.execute("commit"))


def configure(
    connection: duckdb.DuckDBPyConnection, settings: Settings, layout: Layout, commits: Sequence[Manifest]
) -> int:
    """Give the engine the settings of the models, and bound its memory: what exceeds it is spilled below `work/`.

    Return in how many parts models are computed so that a part needs no more than that memory.
    """
    rows = sum(manifest.history_rows for manifest in commits)
    if rows < ROWS_FOR_MORE_THREADS:
        connection.execute("set threads = 1")
    if rows < ROWS_TO_COMPRESS:
        connection.execute("set force_compression = 'uncompressed'")
    connection.execute("set memory_limit = ?", [settings.publish_memory])
    connection.execute("set temp_directory = ?", [str(layout.work / "spilled")])
    connection.execute("set variable api_url = ?", [settings.api_url])
    connection.execute("set variable home = ?", [str(layout.root)])
    return 1 + int(rows * BYTES_OF_ROW / settings.publish_bytes)


def create_table(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Create the table, empty, with its descriptions."""
    columns = ", ".join(_definition(column) for column in model.columns)
    connection.execute(f"create table {model.full_name} ({columns})")
    describe(connection, model, "table")


def _definition(column: Column) -> str:
    computed = f" generated always as ({column.computed}) virtual" if column.computed else ""
    return f'"{column.name}" {DUCKDB_TYPES[column.type]}{computed}'


def sorted_by(model: Model) -> list[str]:
    """The columns by which a table is sorted, so that an update finds the rows that it replaces without reading all.

    DuckDB's statistics know the first 8 characters of a text, which landing_ids of one minute share; so milestones are
    first where a row of a touched delivery is of a touched milestone. A delivery itself may have no snapshot.
    """
    ids = [column for column in model.replaced_by if column not in (ALL, ADDED)]
    has_milestones = any(column.name == "milestone_id" for column in model.columns)
    is_of_milestones = ids == ["landing_id"] and has_milestones and model.full_name != "ops.deliveries"
    return ["milestone_id", *ids] if is_of_milestones else ids


def creation(model: Model, kind: str) -> str:
    """The beginning of the statement that creates it as a `table` or `view`, up to its columns or its `as`."""
    # DuckDB 1.5 knows no schema `temp` in which it would create a view; the keyword says where it goes.
    return f"create temp {kind} {model.name}" if model.schema == "temp" else f"create {kind} {model.full_name}"


def create_view(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> None:
    """Create the view, with its descriptions."""
    connection.execute(f"{creation(model, 'view')} as {select}")
    describe(connection, model, "view")


def describe(connection: duckdb.DuckDBPyConnection, model: Model, kind: str) -> None:
    """Write the descriptions of the model and its columns as COMMENTs; `kind` is `table` or `view`."""
    comments = {f"{kind} {model.full_name}": model.description}
    comments |= {f'column {model.full_name}."{column.name}"': column.description for column in model.columns}
    connection.execute("; ".join(f"comment on {name} is '{quoted(text)}'" for name, text in comments.items()))
