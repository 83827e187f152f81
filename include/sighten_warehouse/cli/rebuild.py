"""`sighten-warehouse rebuild`."""

import sys

import click


@click.command()
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Go on although landing lacks files that were loaded; their deliveries are lost.",
)
def rebuild(*, accept_loss: bool) -> None:
    """Make the lake anew from landing, by the rules of this version, swap it in and publish it.

    Loading, publishing and reading go on meanwhile. The new lake takes as much room as the old one, which stays until
    no version that is kept reads it.

    \b
    Example:
      sighten-warehouse rebuild
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from sighten_warehouse.rebuild import rebuild as rebuild_lake
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    columns = [*Progress.get_default_columns(), MofNCompleteColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("batches", total=None)
        result = rebuild_lake(
            settings,
            accept_loss=accept_loss,
            tell=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(result.outcomes.items()))
    click.echo(f"remade {result.batches} batches of {result.landed} deliveries: {outcomes or 'none'}")
    click.echo(f"published {result.version.version}")
    click.echo(result.version.path)
