"""Confines an engine that runs foreign SQL: it reads what is attached, and nothing else of this machine."""

import re
from collections.abc import Iterable
from pathlib import Path

import duckdb

# What a statement for reading may be; a `pivot` is several, in one since DuckDB 2.0.
_READING = frozenset(("SELECT", "EXPLAIN", "MULTI", "PRAGMA"))
_EXPLAIN = re.compile(r"\s*explain\b(?:\s*\([^)]*\)|\s*(?:analyze|verbose)\b)*", re.IGNORECASE)


def confine(connection: duckdb.DuckDBPyConnection, *, readable: Iterable[Path] = ()) -> None:
    """Cut the engine off from files, network and extensions for good; files below the `readable` folders stay.

    What is attached stays too, and so do variables, macros and spilling to disk. DuckDB would also let a statement
    write below these folders: `require_reading` refuses those.
    """
    folders = [str(folder.resolve()) for folder in readable]
    if folders:
        connection.execute("set allowed_directories = ?", [folders])
    # Without the last one nothing holds: `set` would undo the others.
    connection.execute("set python_enable_replacements = false; set allow_community_extensions = false")
    connection.execute("set enable_external_access = false; set lock_configuration = true")


def require_reading(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Check that the SQL is one statement that reads.

    Raises:
        ValueError: it is several, or one that writes, attaches or configures; the message says what was expected.
        duckdb.Error: it is no SQL.
    """
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise ValueError(f"expected one statement, got {len(statements)}")
    kind = statements[0].type.name
    if kind == "EXPLAIN":  # `explain analyze copy …` writes
        require_reading(connection, _EXPLAIN.sub("", statements[0].query, count=1))
    elif kind not in _READING:
        got = kind.lower().replace("_", " ")
        raise ValueError(f"the warehouse is read-only: expected a statement such as `select`, got `{got}`")
