"""`sighten-warehouse publish`."""

from pathlib import Path

import click


def _not_a_schema(_context: click.Context, _option: click.Parameter, path: Path | None) -> Path | None:
    """DuckDB calls what is in a file by the file's name, and could not tell it from a schema of the same name."""
    from sighten_warehouse.publish.tables import SCHEMAS

    taken = ("main", *SCHEMAS)
    if path is not None and path.name.split(".")[0].lower() in taken:
        raise click.BadParameter(f"{path}: expected another name than those of its schemas, {', '.join(taken)}")
    return path


@click.command()
@click.option(
    "--portable",
    type=click.Path(dir_okay=False, path_type=Path),
    callback=_not_a_schema,
    help="Also write it into this one file, which opens wherever it is moved; SIGHTEN_PII says with names or without.",
)
def publish(*, portable: Path | None) -> None:
    """Publish what is loaded: a new warehouse file, swapped in while readers keep theirs.

    The published file reads history in the lake, where it lies; a portable one holds history itself.

    \b
    Examples:
      sighten-warehouse publish
      sighten-warehouse publish --portable for-the-analysts.duckdb
    """
    from sighten_warehouse.publish.portable import write_portable
    from sighten_warehouse.publish.step import publish as publish_version
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    version = publish_version(settings)
    click.echo(
        f"published {version.version}: {version.batches} batches, {version.tables['main.milestones']} milestones"
    )
    click.echo(version.path)
    if portable is not None:
        write_portable(settings.layout.versions / f"{version.version}.duckdb", portable, pii=settings.pii)
        click.echo(f"{portable} ({settings.pii})")
