"""`sighten-warehouse export xlsx`."""

import sys
from pathlib import Path

import click

from sighten_warehouse.cli.ending import writing_to
from sighten_warehouse.cli.main import NEEDS_ATTENTION

SUFFIX = ".xlsx"  # under another, Excel refuses to open it


@click.command("xlsx")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_xlsx(file: Path) -> None:
    """Write the marts to a workbook for Excel or LibreOffice.

    A sheet for each mart, with numbers, times in UTC and units, one that explains every column, and one about the
    workbook. Names and free text are masked unless SIGHTEN_PII=full. Exits with 1 if a mart has more rows than a sheet
    holds.

    \b
    Example:
      sighten-warehouse export xlsx marts.xlsx
    """
    from sighten_warehouse import open_warehouse
    from sighten_warehouse.errors import NotPublishedError
    from sighten_warehouse.workbook import write_marts

    if file.suffix.lower() != SUFFIX:
        raise click.BadParameter(f"{file}: expected a name that ends with {SUFFIX}", param_hint="FILE")
    try:
        warehouse = open_warehouse()
    except NotPublishedError as error:
        raise click.UsageError(str(error)) from None
    with writing_to(file, option="FILE"), warehouse:
        written = write_marts(file, warehouse)
    click.echo(f"{len(written.rows)} marts with {sum(written.rows.values()):,} rows in {file}", err=True)
    for name, reason in written.left_out.items():
        click.echo(f"left out: marts.{name}: {reason}", err=True)
    if written.left_out:
        sys.exit(NEEDS_ATTENTION)
