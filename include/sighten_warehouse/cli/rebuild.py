"""`sighten-warehouse rebuild`."""

import sys
from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.engine import choose_engine, engine_options
from sighten_warehouse.cli.home import require_home

if TYPE_CHECKING:
    from sighten_warehouse.landing.files import Days

DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=DAY, metavar="YYYY-MM-DD", help="Only batches received on this day or later.")
@click.option("--to", "last", type=DAY, metavar="YYYY-MM-DD", help="Only batches received on this day or earlier.")
@click.option(
    "--without",
    multiple=True,
    metavar="FILE",
    help="Leave out a missing, short or altered landing file: its name below landing/, or a pattern. Repeatable.",
)
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Processes to flatten in; default: one a core.")
@engine_options
def rebuild(
    *,
    first: datetime | None,
    last: datetime | None,
    without: tuple[str, ...],
    jobs: int | None,
    engine: str | None,
    master: str | None,
) -> None:
    """Rebuild the lake from landing and publish it.

    It applies the rules of this version. Loading, publishing and reading continue meanwhile; the new lake is swapped in
    if its checks pass. The disk holds both lakes until no kept version reads the old one.

    With --from and --to (UTC), only batches with a delivery received on those days are rebuilt, each as a whole. The
    others are kept.

    Landing files that are not what was loaded from them are refused, each by name. --without leaves them out and
    records it; once one is restored, the next load takes it.

    \b
    Examples:
      sighten-warehouse rebuild
      sighten-warehouse rebuild --from 2026-10-01 --to 2026-10-31
      sighten-warehouse rebuild --without 'received_date=2026-10-07/*'
      sighten-warehouse rebuild --engine spark --master spark://host:7077
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from sighten_warehouse.cli.main import prepare_process
    from sighten_warehouse.load.workers import usable_cores
    from sighten_warehouse.ops.rebuild import rebuild as rebuild_lake
    from sighten_warehouse.settings import read_settings

    days = _days(first, last)
    settings = choose_engine(read_settings(), engine, master)
    require_home(settings)
    columns = [*Progress.get_default_columns(), MofNCompleteColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("batches", total=None)
        result = rebuild_lake(
            settings,
            days=days,
            without=without,
            jobs=jobs or usable_cores(),
            on_start=prepare_process,
            on_progress=lambda done, total: progress.update(bar, completed=done, total=total),
        )
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in sorted(result.outcomes.items()))
    click.echo(f"rebuilt {result.batches} batches of {result.landed} deliveries: {outcomes or 'none'}")
    if days:
        click.echo(f"kept {result.kept} batches unchanged")
    click.echo(f"published {result.version.version}")
    click.echo(result.version.path)


def _days(first: datetime | None, last: datetime | None) -> "Days | None":
    from sighten_warehouse.landing.files import Days

    if first is None and last is None:
        return None
    days = Days(first.date() if first else date.min, last.date() if last else date.max)
    if days.first > days.last:
        raise click.UsageError(
            f"--from {days.first} is after --to {days.last}; expected the same day or an earlier one"
        )
    return days
