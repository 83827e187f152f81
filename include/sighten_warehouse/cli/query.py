"""`sighten-warehouse query`."""

import difflib
import re
import shutil
import sys
import tempfile
from pathlib import Path

import click
import duckdb
import pyarrow as pa
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sighten_warehouse.cli.ending import writing_to
from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.escaping import printable_lines
from sighten_warehouse.guards.engine import confine, require_reading
from sighten_warehouse.guards.spreadsheet import count_formulas, escape_formulas
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.remotes import exists, present, remote_of
from sighten_warehouse.settings import read_settings

_PUBLISHED = "select distinct table_schema, table_name from information_schema.tables where table_schema <> 'masked'"

COPY_OPTIONS = {
    "csv": "format csv, header",
    "json": "format json, array",
    "parquet": "format parquet, compression zstd",
}


@click.command()
@click.argument("sql")
@click.option(
    "--format", "form", type=click.Choice(["table", *COPY_OPTIONS]), default="table", show_default=True,
    help="Format of the result.",
)  # fmt: skip
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file instead of the terminal."
)
@click.option(
    "--escape-formulas", "escape", is_flag=True,
    help="With csv: put an apostrophe before texts that a spreadsheet program would run as a formula.",
)  # fmt: skip
def query(sql: str, *, form: str, output: Path | None, escape: bool) -> None:
    """Run SQL on the published warehouse, read-only; it reaches no other file and no network.

    \b
    Examples:
      sighten-warehouse query "select status, count(*) from milestones group by status"
      sighten-warehouse query "from marts.approval_cycles" --format csv --output cycles.csv
    """
    if not sql.strip():
        raise click.UsageError("SQL: empty, expected one statement")
    if form == "parquet" and output is None and sys.stdout.isatty():
        raise click.UsageError("--format parquet cannot be printed on a terminal: expected --output FILE or a pipe")
    if form == "table" and output is not None:
        raise click.UsageError("--output: expected --format csv, json or parquet as well")
    if escape and form != "csv":
        raise click.UsageError("--escape-formulas: expected --format csv as well")
    layout = read_settings().layout
    refresh(layout, landing=False)
    if not exists(layout.warehouse_file):
        raise click.UsageError(f"no warehouse at {layout.warehouse_file}: run `sighten-warehouse publish` first")
    _refuse_history_elsewhere(layout, sql)
    rows = _run_query(layout, sql)
    if form == "table":
        _print(rows)
    else:
        _write(_guarded(rows, escape=escape) if form == "csv" else rows, form, output)


def _refuse_history_elsewhere(layout: Layout, sql: str) -> None:
    """Refuse to read history where another machine has published the version: it names files of that machine."""
    if (remote := remote_of(layout.root)) and re.search(r"history|_as_of", sql, re.IGNORECASE):
        known = versions(layout)
        if known and known[-1].path != str(layout.warehouse_file):
            raise click.UsageError(
                "SQL: the newest version was published on another machine, whose files `history` names; expected tables"
                f' of main, marts or ops, or open_warehouse("{remote.url}") in Python, which reads history too'
            )


def _run_query(layout: Layout, sql: str) -> pa.Table:
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


def _print(rows: pa.Table) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in rows.schema:
        is_number = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        table.add_column(Text(printable_lines(column.name)), justify="right" if is_number else "left", overflow="fold")
    for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        table.add_row(
            *(Text("NULL", style="dim") if value is None else Text(printable_lines(str(value))) for value in row)
        )
    console = Console()
    if not console.is_terminal:
        console.width = 10_000
    console.print(table)
    click.echo(f"({rows.num_rows:,} rows)", err=True)


def _guarded(rows: pa.Table, *, escape: bool) -> pa.Table:
    """The rows for a CSV file, in which spreadsheet programs run formulas; warns of them unless they are escaped."""
    if escape:
        return escape_formulas(rows)
    if count := count_formulas(rows):
        click.echo(
            f"warning: {count:,} texts would run as formulas in a spreadsheet program; "
            "--escape-formulas shows them as they are",
            err=True,
        )
    return rows


def _write(rows: pa.Table, form: str, output: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        result = Path(folder, f"rows.{form}")
        connection.register("rows", rows)
        connection.execute(f"copy rows to '{result}' ({COPY_OPTIONS[form]})")
        if form == "json" and not rows.num_rows:
            result.write_text("[]\n")  # DuckDB writes the brackets on three lines
        if output is None:
            _print_file(result)
        else:
            with writing_to(output, option="--output"):
                shutil.move(result, output)
            click.echo(f"{rows.num_rows:,} rows in {output}", err=True)


def _print_file(result: Path) -> None:
    """Print the file byte for byte, but on a terminal without control characters: those of CSV would run there."""
    if sys.stdout.isatty():
        click.echo(printable_lines(result.read_text("utf-8").replace("\r\n", "\n")), nl=False)
        return
    with result.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
