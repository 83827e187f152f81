"""`sighten-warehouse load`."""

import sys

import click


@click.command()
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes to flatten in; default: one a core.")
def load(*, jobs: int | None) -> None:
    """Load landed deliveries into history.

    Running it again changes nothing. Many deliveries are flattened in several processes, a few in one.
    Exits with 1 if deliveries were quarantined.

    \b
    Examples:
      sighten-warehouse load
      sighten-warehouse load --jobs 1
    """
    from sighten_warehouse.cli.home import require_home
    from sighten_warehouse.cli.main import prepare_process
    from sighten_warehouse.load.step import load as load_pending
    from sighten_warehouse.load.workers import usable_cores
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    require_home(settings)
    result = load_pending(settings, jobs=jobs or usable_cores(), on_start=prepare_process)
    click.echo(
        f"landed {result.landed}: {result.loaded} loaded, {result.ignored} ignored, {result.quarantined} quarantined"
        f" in {len(result.batches)} batches"
    )
    if result.quarantined:
        click.echo(
            f"{result.quarantined} deliveries are in quarantine: see `sighten-warehouse quarantine list`", err=True
        )
        sys.exit(1)
