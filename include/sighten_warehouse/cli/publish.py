"""`sighten-warehouse publish`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import require_folder_of, writing_to
from sighten_warehouse.cli.home import require_home

if TYPE_CHECKING:
    from sighten_warehouse.publish.version import Version
    from sighten_warehouse.settings import Settings


def _not_a_schema(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """Refuse a file named like a schema: DuckDB names a database after its file, so queries would be ambiguous."""
    from sighten_warehouse.publish.tables import SCHEMAS

    taken = ("main", *SCHEMAS)
    if path is not None and path.name.split(".")[0].lower() in taken:
        raise click.BadParameter(f"{path}: expected a name other than its schemas' names: {', '.join(taken)}")
    return path


@click.command()
@click.option(
    "--portable",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_not_a_schema,
    help="Also write one self-contained file that can be moved; SIGHTEN_PII decides whether it holds names.",
)
@click.option("--full", is_flag=True, help="Make every table anew from all history, not only what is new.")
@click.option("--parquet", is_flag=True, help="Export the tables to published/parquet/ at once.")
def publish(*, portable: Path | None, full: bool, parquet: bool) -> None:
    """Publish what is loaded as a new warehouse file.

    Readers keep the file they have open. The published file reads history from the lake; a portable file contains it.
    Only what new deliveries touch is computed. The plain Parquet in published/parquet/ follows once it is older than
    SIGHTEN_PARQUET_EVERY.

    \b
    Examples:
      sighten-warehouse publish
      sighten-warehouse publish --parquet
      sighten-warehouse publish --portable for-the-analysts.duckdb
    """
    from sighten_warehouse.publish.copies import write_copy
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    require_home(settings)
    if portable is not None:
        require_folder_of(portable, option="--portable")
    version = publish_and_report(settings, full=full, parquet=parquet)
    if portable is not None:
        with writing_to(portable, option="--portable"):
            write_copy(settings.layout, version.version, portable, pii=settings.pii)
        click.echo(f"{portable} ({settings.pii})")


def publish_and_report(settings: "Settings", *, full: bool = False, parquet: bool = False) -> "Version":
    """Publish what is loaded, export Parquet if it is asked for or due, and print where both are."""
    from sighten_warehouse.catalogs import export_and_register
    from sighten_warehouse.publish.step import publish as publish_version

    version = publish_version(settings, full=full)
    click.echo(
        f"published {version.version}: {version.batches} batches, {version.tables['main.milestones']} milestones"
    )
    click.echo(version.path)
    if exported := export_and_register(settings, at_once=parquet):
        click.echo(exported)
    return version
