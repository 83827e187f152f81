"""`sighten-warehouse rebuild`."""

import sys
from datetime import date
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.days import a_day

if TYPE_CHECKING:
    from sighten_warehouse.landing.files import Days


@click.command()
@click.option("--from", "first", type=a_day, metavar="DATE", help="Only what was received on this day or later.")
@click.option("--to", "last", type=a_day, metavar="DATE", help="Only what was received on this day or earlier.")
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Go on although landing lacks files that were loaded; their deliveries are lost.",
)
def rebuild(*, first: date | None, last: date | None, accept_loss: bool) -> None:
    """Make the lake anew from landing, by the rules of this version, swap it in and publish it.

    Loading, publishing and reading go on meanwhile. It is swapped in when its checks pass. What is made anew takes as
    much room as before a second time, until no version that is kept reads the old lake.

    With --from and --to, in UTC, only batches with a delivery received on those days are made anew, each as a whole;
    all others are kept as they are.

    \b
    Examples:
      sighten-warehouse rebuild
      sighten-warehouse rebuild --from 2026-10-01 --to 2026-10-31
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from sighten_warehouse.ops.rebuild import rebuild as rebuild_lake
    from sighten_warehouse.settings import read_settings

    days = _days(first, last)
    settings = read_settings()
    columns = [*Progress.get_default_columns(), MofNCompleteColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("batches", total=None)
        result = rebuild_lake(
            settings,
            days=days,
            accept_loss=accept_loss,
            on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(result.outcomes.items()))
    click.echo(f"remade {result.batches} batches of {result.landed} deliveries: {outcomes or 'none'}")
    if days:
        click.echo(f"kept {result.kept} batches as they were")
    click.echo(f"published {result.version.version}")
    click.echo(result.version.path)


def _days(first: date | None, last: date | None) -> "Days | None":
    from sighten_warehouse.landing.files import Days

    if first is None and last is None:
        return None
    days = Days(first or date.min, last or date.max)
    if days.first > days.last:
        raise click.UsageError(f"--from {days.first} --to {days.last}: expected a first day that is not after the last")
    return days
