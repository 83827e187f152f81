"""`sighten-warehouse backfill api`, `plan`, `status` and `retry`: history by REST."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from sighten_warehouse.cli.days import a_day
from sighten_warehouse.cli.ending import STOPPED, end_at_once, until_interrupted
from sighten_warehouse.cli.main import SOMETHING_TO_LOOK_AT
from sighten_warehouse.clock import Clock

if TYPE_CHECKING:
    from rich.table import Table

    from sighten_warehouse.backfill.rest.step import DayPlan, DayStatus, PullResult

MAX_SAID = 10
NO_DAY = "no day"


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """The days, first and last included, and the sites."""
    for option in (
        click.option("--site", "sites", multiple=True, type=click.UUID, metavar="SITE_ID", help="Only this site."),
        click.option("--to", "last", type=a_day, required=True, metavar="DAY", help="The last day, included."),
        click.option("--from", "first", type=a_day, required=True, metavar="DAY", help="The first day, included."),
    ):
        command = option(command)
    return command


@click.command()
@_options
@click.option("--undated", is_flag=True, help="Also sites of which the API does not tell when they were updated.")
def api(*, first: date, last: date, sites: tuple[UUID, ...], undated: bool) -> None:
    """Land what Sighten's API tells of the sites last updated in those days: workflows, milestones, tasks, sub_tasks.

    Live calls go first, within the one budget of SIGHTEN_API_RATE. A site that was landed since its last update is not
    asked for again; so the same command goes on where it was cut off. A site that fails costs itself only: `backfill
    retry` asks again. The answers are landed, so load them next.

    Ends with 0 when all is landed, 1 when something failed, is left or is not listed, 2 on wrong use, 130 after Ctrl-C.

    \b
    Examples:
      sighten-warehouse backfill api --from 2018-01-01 --to 2018-12-31
      sighten-warehouse backfill api --from 2018-01-01 --to 2018-12-31 --site 7a605ec8-d276-4d6c-bd47-52a483e28783
    """
    from sighten_warehouse.backfill.rest.step import pull_days
    from sighten_warehouse.settings import read_settings

    wanted = _checked(first, last, sites)
    settings = read_settings()
    with _progress() as on_progress, until_interrupted(again=end_at_once) as stop:
        result = pull_days(settings, **wanted, fresh_list=True, undated=undated, on_progress=on_progress, stop=stop)
    unlisted = len(sites) - result.expected if sites else 0
    if unlisted > 0:
        click.echo(f"{unlisted} of the given sites: not listed by the API, or last updated in other days", err=True)
    _say(result)
    if unlisted > 0:
        sys.exit(SOMETHING_TO_LOOK_AT)


@click.command()
@_options
def plan(*, first: date, last: date, sites: tuple[UUID, ...]) -> None:
    """Ask the API once for its sites, and say how many `backfill api` would ask for, day by day.

    \b
    Example:
      sighten-warehouse backfill plan --from 2018-01-01 --to 2018-12-31
    """
    from sighten_warehouse.backfill.rest.step import plan_days
    from sighten_warehouse.settings import read_settings

    days = plan_days(read_settings(), **_checked(first, last, sites))
    _print_table(days, ("day", "expected", "due"))
    due = sum(one.due for one in days if one.day is None)
    if due and not sites:
        click.echo(f"{due} are of no day, since the API tells no time: backfill api --undated asks for them", err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Say how far each day of history has come, counted in sites; it asks the API nothing.

    A site belongs to the day of its last update, UTC. Of those that the API listed (expected), some are landed, and of
    these some loaded; of the others the last attempt failed, or they are missing: not tried since their last update.

    Ends with 1 when a site failed, and says why on stderr; with --json each is listed.

    \b
    Examples:
      sighten-warehouse backfill status
      sighten-warehouse backfill status --json
    """
    from msgspec.structs import asdict as fields_of

    from sighten_warehouse.backfill.rest.failures import failures
    from sighten_warehouse.backfill.rest.step import status as read_status
    from sighten_warehouse.settings import read_settings

    columns = ("day", "expected", "landed", "loaded", "failed", "missing", "milestones")
    settings = read_settings()
    days, failed = read_status(settings), list(failures(settings.layout).values())
    if as_json:
        summary_line = {"days": [asdict(one) for one in days], "failed_sites": [fields_of(one) for one in failed]}
        click.echo(json.dumps(summary_line | {"total": _total(days, columns)}, default=str))
    elif days:
        _print_table(days, columns)
    else:
        click.echo("no site was listed yet; expected `sighten-warehouse backfill plan` or `backfill api` first")
    for said, count in Counter(one.said for one in failed).most_common(MAX_SAID):
        click.echo(f"{count:,} failed: {said}", err=True)
    if any(one.failed for one in days):
        sys.exit(SOMETHING_TO_LOOK_AT)


@click.command()
def retry() -> None:
    """Ask again for the sites that failed when they were last asked for, and for no others.

    Ends as `backfill api` does.

    \b
    Example:
      sighten-warehouse backfill retry
    """
    from sighten_warehouse.backfill.rest.step import retry_failed
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    with _progress() as on_progress, until_interrupted(again=end_at_once) as stop:
        result = retry_failed(settings, on_progress=on_progress, stop=stop)
    _say(result)


def _checked(first: date, last: date, sites: Sequence[UUID]) -> dict[str, Any]:
    if last < first:
        raise click.BadParameter(f"{last} is before --from, expected that day or a later one", param_hint="--to")
    if first > (today := Clock().now().date()):
        said = f"{first} is still to come, expected today ({today}, UTC) or an earlier day"
        raise click.BadParameter(said, param_hint="--from")
    return {"first": first, "last": last, "sites": frozenset(map(str, sites))}


@contextmanager
def _progress() -> Iterator[Callable[["PullResult"], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("asking which sites there are", total=None)

        def on_progress(result: "PullResult") -> None:
            done = result.done_before + result.landed + result.failed
            said = f"sites: {result.milestones:,} milestones, {result.failed:,} sites failed"
            bar.update(task, completed=done, total=result.expected, description=said)

        yield on_progress


def _say(result: "PullResult") -> None:
    click.echo(
        f"{result.expected:,} sites: {result.landed:,} landed now with {result.milestones:,} milestones, "
        f"{result.done_before:,} before, {result.failed:,} failed, {result.left:,} left"
    )
    if result.landed:
        click.echo("next: sighten-warehouse load")
    if result.problem:
        click.echo(f"first problem: {result.problem}", err=True)
    if result.failed:
        click.echo("sighten-warehouse backfill retry asks again for those that failed", err=True)
    if result.left:
        how = "stopped" if result.stopped else "not all were asked for"
        click.echo(f"{how}; what came is landed: the same command goes on from there", err=True)
    if result.stopped:
        sys.exit(STOPPED)
    if result.needs_attention:
        sys.exit(SOMETHING_TO_LOOK_AT)


def _print_table(days: Sequence["DayPlan | DayStatus"], columns: Sequence[str]) -> None:
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        console.width = 10_000
    console.print(_table(days, columns))


def _table(days: Sequence["DayPlan | DayStatus"], columns: Sequence[str]) -> "Table":
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, justify="left" if column == "day" else "right", no_wrap=True)
    for day in days:
        table.add_row(*(_cell(getattr(day, column)) for column in columns))
    table.add_row("total", *map(_cell, _total(days, columns).values()))
    return table


def _total(days: Sequence["DayPlan | DayStatus"], columns: Sequence[str]) -> dict[str, int]:
    return {column: sum(getattr(day, column) for day in days) for column in columns if column != "day"}


def _cell(value: date | int | None) -> str:
    if value is None:
        return NO_DAY
    return f"{value:,}" if isinstance(value, int) else value.isoformat()
