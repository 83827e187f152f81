"""`sighten-warehouse export superset|metabase|evidence`."""

from pathlib import Path

import click

from sighten_warehouse.cli.ending import require_folder_of, writing_to

FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)


@click.command("superset")
@click.argument("path", metavar="FILE.zip", type=FILE)
def export_superset(*, path: Path) -> None:
    """Write the dashboard for Superset, with a dataset for each table.

    `superset import-dashboards -p FILE.zip -u USER` imports it. It reads the published file of this home by its path.

    \b
    Example:
      sighten-warehouse export superset sighten.zip
    """
    from sighten_warehouse.bi.superset import superset_bundle
    from sighten_warehouse.durable import write_durably
    from sighten_warehouse.settings import read_settings

    uri = f"duckdb:///{read_settings().layout.warehouse_file}?access_mode=read_only"
    with writing_to(path, option="FILE.zip"):
        write_durably(path, superset_bundle(uri))
    click.echo(f"written to {path}", err=True)


@click.command("metabase")
@click.argument("folder", metavar="DIR", type=FOLDER)
def export_metabase(*, folder: Path) -> None:
    """Write the dashboard for Metabase, as its import reads it.

    \b
    Example:
      sighten-warehouse export metabase metabase/
    """
    from sighten_warehouse.bi.metabase import metabase_files

    _write(folder, metabase_files())


@click.command("evidence")
@click.argument("folder", metavar="DIR", type=FOLDER)
def export_evidence(*, folder: Path) -> None:
    """Write the dashboard as an Evidence project, which reads the published file of this home by its path.

    \b
    Example:
      sighten-warehouse export evidence evidence/
    """
    from sighten_warehouse.bi.evidence import evidence_files
    from sighten_warehouse.settings import read_settings

    _write(folder, evidence_files(read_settings().layout.warehouse_file, folder))


def _write(folder: Path, files: dict[str, str]) -> None:
    from sighten_warehouse.durable import ensure_folder, write_durably

    require_folder_of(folder, option="DIR")
    with writing_to(folder, option="DIR"):
        for name, text in files.items():
            path = folder / name
            ensure_folder(path.parent)
            write_durably(path, text.encode())
    click.echo(f"{len(files)} files written to {folder}", err=True)
