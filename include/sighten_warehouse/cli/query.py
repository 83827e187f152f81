"""`sighten-warehouse query`."""

import sys
from pathlib import Path

import click

FORMATS = ("table", "csv", "json", "parquet", "xlsx")


@click.command()
@click.argument("sql")
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True,
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
      sighten-warehouse query "from marts.approval_cycles" --format xlsx --output cycles.xlsx
    """
    if not sql.strip():
        raise click.UsageError("SQL: empty, expected one statement")
    if form in ("parquet", "xlsx") and output is None and sys.stdout.isatty():
        raise click.UsageError(f"--format {form} cannot be printed on a terminal: expected --output FILE or a pipe")
    if form == "table" and output is not None:
        raise click.UsageError("--output: expected --format csv, json, parquet or xlsx as well")
    if escape and form != "csv":
        raise click.UsageError("--escape-formulas: expected --format csv as well")
    from sighten_warehouse.cli.query_output import print_table, write_rows
    from sighten_warehouse.cli.query_sql import run_sql
    from sighten_warehouse.settings import read_settings

    rows = run_sql(read_settings().layout, sql)
    if form == "table":
        print_table(rows)
    else:
        write_rows(rows, form, output, escape=escape)
