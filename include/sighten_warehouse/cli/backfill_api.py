"""`sighten-warehouse backfill api`, `plan`, `status` and `retry`: history from the REST API."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from sighten_warehouse.cli.ending import STOPPED, end_at_once, until_interrupted
from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import requires_extra
from sighten_warehouse.escaping import printable_lines

if TYPE_CHECKING:
    from rich.table import Table

    from sighten_warehouse.backfill.rest.step import DayPlan, DayStatus, PullResult

MAX_REASONS = 10
NO_DAY = "no day"
DAY = click.DateTime(["%Y-%m-%d"])


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options for the days and the sites."""
    for option in (
        click.option(
            "--site", "sites", multiple=True, type=click.UUID, metavar="SITE_ID", help="Only this site; repeatable."
        ),
        click.option("--to", "last", type=DAY, required=True, metavar="YYYY-MM-DD", help="Last day, inclusive."),
        click.option("--from", "first", type=DAY, required=True, metavar="YYYY-MM-DD", help="First day, inclusive."),
    ):
        command = option(command)
    return command


@click.command()
@_options
@click.option("--undated", is_flag=True, help="Also fetch sites without a date of last update in the API.")
def api(*, first: datetime, last: datetime, sites: tuple[UUID, ...], undated: bool) -> None:
    """Land history from the API, by day of last update.

    Fetches workflows, milestones, tasks and sub_tasks of the sites last updated on those days. Live calls go first; all
    share the rate limit SIGHTEN_API_RATE. Sites landed since their last update are skipped, so run the same command
    again to resume. A site that fails does not stop the others; `backfill retry` fetches it again. The responses are
    landed: run `load` next.

    Exit codes: 0 all landed, 1 a site failed, was left or is not listed, 2 wrong use, 130 after Ctrl-C.

    \b
    Examples:
      sighten-warehouse backfill api --from 2018-01-01 --to 2018-12-31
      sighten-warehouse backfill api --from 2018-01-01 --to 2018-12-31 --site 7a605ec8-d276-4d6c-bd47-52a483e28783
    """
    from sighten_warehouse.settings import read_settings

    with requires_extra("api", by="backfill api"):
        from sighten_warehouse.backfill.rest.step import pull_days

    selection = _checked(first, last, sites)
    settings = read_settings()
    with _progress() as on_progress, until_interrupted(on_second=end_at_once) as stop:
        result = pull_days(settings, **selection, fresh_list=True, undated=undated, on_progress=on_progress, stop=stop)
    unlisted = len(sites) - result.expected if sites else 0
    if unlisted > 0:
        click.echo(
            f"{unlisted} of the given sites are not listed by the API or were last updated on other days", err=True
        )
    _print_result(result)
    if unlisted > 0:
        sys.exit(NEEDS_ATTENTION)


@click.command()
@_options
def plan(*, first: datetime, last: datetime, sites: tuple[UUID, ...]) -> None:
    """Count the sites that `backfill api` would fetch, by day.

    Fetches the list of sites from the API, and nothing else.

    \b
    Example:
      sighten-warehouse backfill plan --from 2018-01-01 --to 2018-12-31
    """
    from sighten_warehouse.settings import read_settings

    with requires_extra("api", by="backfill plan"):
        from sighten_warehouse.backfill.rest.step import plan_days

    days = plan_days(read_settings(), **_checked(first, last, sites))
    _print_table(days, ("day", "expected", "due"))
    undated = sum(day.due for day in days if day.day is None)
    if undated and not sites:
        click.echo(f"{undated} sites have no date in the API: backfill api --undated fetches them", err=True)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(*, as_json: bool) -> None:
    """Show the progress of the backfill, in sites by day.

    Makes no API calls. A site belongs to the day of its last update, in UTC.

    \b
    expected  listed by the API
    landed    landed since their last update
    loaded    landed and loaded
    failed    the last attempt failed
    missing   not tried since their last update

    Exits with 1 if a site failed, with the reasons on stderr; --json lists each failed site.

    \b
    Examples:
      sighten-warehouse backfill status
      sighten-warehouse backfill status --json
    """
    from msgspec import to_builtins

    from sighten_warehouse.settings import read_settings

    with requires_extra("api", by="backfill status"):
        from sighten_warehouse.backfill.rest.failures import failures
        from sighten_warehouse.backfill.rest.step import status as read_status

    columns = ("day", "expected", "landed", "loaded", "failed", "missing", "milestones")
    settings = read_settings()
    days, failed = read_status(settings), list(failures(settings.layout).values())
    if as_json:
        failed_sites = [to_builtins(failure, builtin_types=(datetime,)) for failure in failed]
        content = {"days": [asdict(day) for day in days], "failed_sites": failed_sites}
        click.echo(json.dumps(content | {"total": _total(days, columns)}, default=str))
    elif days:
        _print_table(days, columns)
    else:
        click.echo("no sites listed yet: run `sighten-warehouse backfill plan` or `backfill api` first")
    for reason, count in Counter(failure.message for failure in failed).most_common(MAX_REASONS):
        click.echo(printable_lines(f"{count:,} failed: {reason}"), err=True)
    if any(day.failed for day in days):
        sys.exit(NEEDS_ATTENTION)


@click.command()
def retry() -> None:
    """Fetch again the sites whose last attempt failed.

    Prints and exits as `backfill api` does.

    \b
    Example:
      sighten-warehouse backfill retry
    """
    from sighten_warehouse.settings import read_settings

    with requires_extra("api", by="backfill retry"):
        from sighten_warehouse.backfill.rest.step import retry_failed

    settings = read_settings()
    with _progress() as on_progress, until_interrupted(on_second=end_at_once) as stop:
        result = retry_failed(settings, on_progress=on_progress, stop=stop)
    _print_result(result)


def _checked(first: datetime, last: datetime, sites: Sequence[UUID]) -> dict[str, Any]:
    first_day, last_day = first.date(), last.date()
    if last_day < first_day:
        raise click.BadParameter(f"{last_day} is before --from; expected that day or a later one", param_hint="--to")
    if first_day > (today := Clock().now().date()):
        message = f"{first_day} is in the future; expected today ({today}, UTC) or an earlier day"
        raise click.BadParameter(message, param_hint="--from")
    return {"first": first_day, "last": last_day, "sites": frozenset(map(str, sites))}


@contextmanager
def _progress() -> Iterator[Callable[["PullResult"], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("listing sites", total=None)

        def on_progress(result: "PullResult") -> None:
            done = result.done_before + result.landed + result.failed
            description = f"sites: {result.milestones:,} milestones, {result.failed:,} sites failed"
            bar.update(task, completed=done, total=result.expected, description=description)

        yield on_progress


def _print_result(result: "PullResult") -> None:
    click.echo(
        f"{result.expected:,} sites: {result.landed:,} landed now with {result.milestones:,} milestones, "
        f"{result.done_before:,} before, {result.failed:,} failed, {result.left:,} left"
    )
    if result.landed:
        click.echo("next: sighten-warehouse load")
    if result.problem:
        click.echo(printable_lines(f"first problem: {result.problem}"), err=True)
    if result.failed:
        click.echo("run `sighten-warehouse backfill retry` to fetch the failed sites again", err=True)
    if result.left:
        cause = "stopped" if result.stopped else "not all sites were fetched"
        click.echo(f"{cause}: the responses so far are landed; run the same command again to resume", err=True)
    if result.stopped:
        sys.exit(STOPPED)
    if result.needs_attention:
        sys.exit(NEEDS_ATTENTION)


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
