"""Answers one question of an assistant from the newest published version, within limits."""

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

import duckdb

from sighten_warehouse.assistants.tables import table_names
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.escaping import printable_lines
from sighten_warehouse.guards.engine import confine
from sighten_warehouse.guards.named_tables import require_named
from sighten_warehouse.models import as_of_macros
from sighten_warehouse.publish.reader import open_published
from sighten_warehouse.settings import Settings

MAX_CHARACTERS = 200_000  # more would crowd out the rest of a conversation
_ENGINE = "set memory_limit = '1GB'; set threads = 2; set max_temp_directory_size = '2GB'; "
_ENGINE += "set enable_progress_bar = false"
# What is too long stays in the engine: Python would take many times its memory.
_AS_JSON = "cast(json_array(*columns(*)) as varchar) as line"
_NOT_TOO_LONG = f"case when strlen(line) <= {MAX_CHARACTERS} then line end, strlen(line)"
_AGAIN_SECONDS = 0.1


class UnansweredError(WarehouseError):
    """The question cannot be answered as it was asked."""


@dataclass(frozen=True)
class Limits:
    """How much one query may return, and how long it may take."""

    rows: int = 1000
    seconds: float = 30.0


@dataclass(frozen=True)
class Rows:
    """The rows of a query, from the version that was the newest when it was asked.

    `cut` says why rows are missing, and is empty if none are.
    """

    version: str
    columns: list[str]
    rows: list[list[Any]]
    cut: str


def answer(sql: str, *, settings: Settings, limits: Limits) -> Rows:
    """Run one statement that reads, on the newest published version; people are masked as the settings say.

    Raises:
        UnansweredError: it is no such statement, it fails, or it takes longer than the limit.
        NotPublishedError: nothing is published.
    """
    with open_published(settings=settings) as warehouse:
        version, tables = warehouse.version, table_names(warehouse)
        connection = warehouse.connection_for(sql)
        connection.execute(f"{_ENGINE}; set temp_directory = '{tempfile.gettempdir()}'")
        confine(connection, readable=settings.layout.root.glob("lake*"))  # the views of history read these files
        try:
            require_named(connection, sql, tables=tables, functions=as_of_macros())
            with _interrupted_after(limits.seconds, connection):
                found = connection.sql(sql).limit(limits.rows + 1)
                columns, lines = list(found.columns), found.project(_AS_JSON).project(_NOT_TOO_LONG).fetchall()
        except duckdb.InterruptException as error:
            raise UnansweredError(
                f"stopped after {limits.seconds:g} s: expected a faster query, such as one with fewer joins or rows"
            ) from error
        except duckdb.Error as error:
            raise UnansweredError(f"the query failed: {printable_lines(str(error))}") from error
        except ValueError as error:
            raise UnansweredError(f"SQL: {error}") from error
    return Rows(version, columns, *_within(lines, limits))


@contextmanager
def _interrupted_after(seconds: float, connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Interrupt what the connection does after that time, until this context ends."""
    done = Event()

    def interrupt() -> None:
        wait = seconds
        while not done.wait(wait):
            connection.interrupt()  # has no effect between two steps, so it is repeated
            wait = _AGAIN_SECONDS

    thread = Thread(target=interrupt, name="time limit of a query")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _within(lines: list[tuple[str | None, int]], limits: Limits) -> tuple[list[list[Any]], str]:
    """The rows, as many as the limits allow, and why some are missing."""
    rows: list[list[Any]] = []
    characters = 0
    for line, length in lines[: limits.rows]:
        characters += length
        if line is None or characters > MAX_CHARACTERS:
            return rows, f"more than {MAX_CHARACTERS:,} characters: select fewer columns or rows"
        rows.append(json.loads(line, parse_constant=str))  # NaN is no JSON
    missing = len(lines) > limits.rows
    return rows, f"more than {limits.rows:,} rows: aggregate, or select fewer" if missing else ""
