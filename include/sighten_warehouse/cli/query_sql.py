"""Running the SQL of `query`: confined to the warehouse, with errors in the words of its tables."""

import difflib
import re

import click
import duckdb
import pyarrow as pa

from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.escaping import printable_lines
from sighten_warehouse.guards.engine import confine, require_reading
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.remotes import exists, present, remote_of

_PUBLISHED = "select distinct table_schema, table_name from information_schema.tables where table_schema <> 'masked'"


def run_sql(layout: Layout, sql: str) -> pa.Table:
    """The rows of the newest version; no rows for a statement that returns none.

    Raises:
        click.UsageError: nothing is published, the SQL fails, or it reaches for more than the warehouse.
    """
    refresh(layout, landing=False)
    if not exists(layout.warehouse_file):
        raise click.UsageError(f"no warehouse at {layout.warehouse_file}: run `sighten-warehouse publish` first")
    _refuse_history_elsewhere(layout, sql)
    return _run(layout, sql)


def _refuse_history_elsewhere(layout: Layout, sql: str) -> None:
    """Refuse to read history where another machine has published the version: it names files of that machine."""
    if (remote := remote_of(layout.root)) and re.search(r"history|_as_of", sql, re.IGNORECASE):
        known = versions(layout)
        if known and known[-1].path != str(layout.warehouse_file):
            raise click.UsageError(
                "SQL: the newest version was published on another machine, whose files `history` names; expected tables"
                f' of main, marts or ops, or open_warehouse("{remote.url}") in Python, which reads history too'
            )


def _run(layout: Layout, sql: str) -> pa.Table:
    path = present(layout.warehouse_file)
    with explain_lock(path), duckdb.connect(str(path), read_only=True) as connection:
        confine(connection, readable=layout.root.glob("lake*"))  # the views of history read these files
        try:
            require_reading(connection, sql)
            relation = connection.sql(sql)
            return pa.table({}) if relation is None else relation.to_arrow_table()
        except duckdb.Error as error:
            words = printable_lines(_in_our_words(connection, str(error)))
            raise click.UsageError(f"the query failed: {words}") from error
        except ValueError as error:
            raise click.UsageError(f"SQL: {error}") from error


def _in_our_words(connection: duckdb.DuckDBPyConnection, message: str) -> str:
    """DuckDB's message; of an unknown table it suggests tables of its own catalogue, we suggest the published ones."""
    unknown = re.match(r"Catalog Error: Table with name (?P<name>\S+) does not exist!", message)
    if unknown is None:
        return message
    known = [
        name
        for schema, table in connection.execute(_PUBLISHED).fetchall()
        for name in ([table, f"main.{table}"] if schema == "main" else [f"{schema}.{table}"])
    ]
    wanted = unknown["name"].lower()
    by_table = [name for name in known if name.split(".")[-1] == wanted.split(".")[-1]]
    close = by_table or difflib.get_close_matches(wanted, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else "`sighten-warehouse dictionary` lists the tables."
    return f"no table {unknown['name']}; {hint}"
