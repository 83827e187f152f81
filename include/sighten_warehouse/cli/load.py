"""`sighten-warehouse load`."""

import sys

import click


@click.command()
def load() -> None:
    """Load landed deliveries into history.

    Running it again changes nothing. Exits with 1 if deliveries were quarantined.

    \b
    Example:
      sighten-warehouse load
    """
    from sighten_warehouse.cli.home import require_home
    from sighten_warehouse.load.step import load as load_pending
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    require_home(settings)
    result = load_pending(settings)
    click.echo(
        f"landed {result.landed}: {result.loaded} loaded, {result.ignored} ignored, {result.quarantined} quarantined"
        f" in {len(result.batches)} batches"
    )
    if result.quarantined:
        click.echo(
            f"{result.quarantined} deliveries are in quarantine: see `sighten-warehouse quarantine list`", err=True
        )
        sys.exit(1)
