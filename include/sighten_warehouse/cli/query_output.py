"""What `query` writes: a table on the terminal, or a file of some format."""

import shutil
import sys
import tempfile
from pathlib import Path

import click
import duckdb
import pyarrow as pa

from sighten_warehouse.cli.ending import writing_to
from sighten_warehouse.escaping import printable_lines
from sighten_warehouse.guards.spreadsheet import count_formulas, escape_formulas

COPY_OPTIONS = {
    "csv": "format csv, header",
    "json": "format json, array",
    "parquet": "format parquet, compression zstd",
}


def print_table(rows: pa.Table) -> None:
    """Print the rows as a table, and on stderr how many there are."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    rows = _with_intervals_as_text(rows)
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


def write_rows(rows: pa.Table, form: str, output: Path | None, *, escape: bool) -> None:
    """Write the rows in that format to the file, or to stdout."""
    if form == "csv":
        rows = _guarded(rows, escape=escape)
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder, f"rows.{form}")
        if form == "xlsx":
            _write_workbook(rows, result)
        else:
            _copy(rows, result, form)
        if output is None:
            _print_file(result)
        else:
            with writing_to(output, option="--output"):
                shutil.move(result, output)
            click.echo(f"{rows.num_rows:,} rows in {output}", err=True)


def _copy(rows: pa.Table, result: Path, form: str) -> None:
    with duckdb.connect() as connection:
        connection.register("rows", rows)
        connection.execute(f"copy rows to '{result}' ({COPY_OPTIONS[form]})")
    if form == "json" and not rows.num_rows:
        result.write_text("[]\n")  # DuckDB writes the brackets on three lines


def _write_workbook(rows: pa.Table, result: Path) -> None:
    from sighten_warehouse.workbook import TooManyRowsError, write_table

    try:
        write_table(result, _with_intervals_as_text(rows))
    except TooManyRowsError as error:
        raise click.UsageError(f"--format xlsx: {error}") from None


def _with_intervals_as_text(rows: pa.Table) -> pa.Table:
    """The rows with intervals, such as the time between two columns, written as DuckDB writes them."""
    for at, field in enumerate(rows.schema):
        if "interval" in str(field.type):
            with duckdb.connect() as connection:
                column = connection.from_arrow(pa.table({"column": rows.column(at)}))
                text = column.project('cast("column" as varchar) as text').to_arrow_table()["text"]
            rows = rows.set_column(at, field.name, text)
    return rows


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


def _print_file(result: Path) -> None:
    """Print the file byte for byte, but on a terminal without control characters: those of CSV would run there."""
    if sys.stdout.isatty():
        click.echo(printable_lines(result.read_text("utf-8").replace("\r\n", "\n")), nl=False)
        return
    with result.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
