"""`sighten-warehouse publish`."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--portable",
    type=click.Path(dir_okay=False, path_type=Path),
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
    from sighten_warehouse.portable import write_portable
    from sighten_warehouse.publish import publish as publish_version
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
