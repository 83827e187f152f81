"""Tables and views in a new warehouse file, each with what it means as COMMENT."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sighten_warehouse.models import DUCKDB_TYPES, Model, macros
from sighten_warehouse.sql_text import quoted

SCHEMAS = ("history", "marts", "ops", "masked")


@contextmanager
def new_file(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose tables go into that new file, which every DuckDB since 1.0 opens."""
    with attached_file(path) as connection:
        for schema in SCHEMAS:
            connection.execute(f"create schema {schema}")
        yield connection


@contextmanager
def attached_file(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection whose tables are those of that file; it is whole when the context is left."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")  # as in `flatten`: none in logs
        # v1.0.0 is the oldest format that every DuckDB since 1.0 opens.
        connection.execute(f"attach '{quoted(path)}' as warehouse (storage_version 'v1.0.0')")
        connection.execute("use warehouse")
        connection.execute(macros("duckdb"))
        yield connection
        connection.execute("use memory")
        connection.execute("detach warehouse")


def create_table(connection: duckdb.DuckDBPyConnection, model: Model) -> None:
    """Create the table without rows, described."""
    columns = ", ".join(f'"{column.name}" {DUCKDB_TYPES[column.type]}' for column in model.columns)
    connection.execute(f"create table {model.full_name} ({columns})")
    describe(connection, model, "table")


def create_view(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> None:
    """Create the view, described."""
    connection.execute(f"create view {model.full_name} as {select}")
    describe(connection, model, "view")


def describe(connection: duckdb.DuckDBPyConnection, model: Model, what: str) -> None:
    """Write the model's description and those of its columns as COMMENTs; `what` it is: table or view."""
    said = {f"{what} {model.full_name}": model.description}
    said |= {f'column {model.full_name}."{column.name}"': column.description for column in model.columns}
    connection.execute("; ".join(f"comment on {name} is '{quoted(text)}'" for name, text in said.items()))
