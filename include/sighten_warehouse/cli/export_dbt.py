"""`sighten-warehouse export dbt`."""

from pathlib import Path

import click

from sighten_warehouse.cli.ending import writing_to


@click.command("dbt")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
def export_dbt(folder: Path) -> None:
    """Write a dbt package: the tables as sources with descriptions, tests and freshness, and the cookbook.

    It replaces the files of its last export in DIR, and never any other. It needs no home: `dbt` opens the published
    file.

    \b
    Examples:
      sighten-warehouse export dbt sighten_warehouse/
    """
    from sighten_warehouse.dbt.folder import write_files
    from sighten_warehouse.dbt.package import package_files

    files = package_files()
    with writing_to(folder, option="DIR"):
        write_files(folder, files)
    click.echo(f"{len(files)} files in {folder}")
