"""`sighten-warehouse backfill files`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import STOPPED, until_interrupted
from sighten_warehouse.cli.main import SOMETHING_TO_LOOK_AT

if TYPE_CHECKING:
    from sighten_warehouse.backfill.files.step import ImportProgress, OnProgress
    from sighten_warehouse.backfill.files.tally import Tally
    from sighten_warehouse.backfill.files.times import Times


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--received-at-field", metavar="FIELD", help="Received when this field of the body says: `a`, or `a.b.0`."
)
@click.option(
    "--received-at-pattern",
    metavar="PATTERN",
    help="Received when the path says: `%Y-%m-%dT%H-%M-%S`, or a regular expression with groups named year, month, day,"
    " hour, minute, second and fraction, or epoch. The last place in the path that fits counts.",
)
@click.option("--dry-run", is_flag=True, help="Read everything, tell what would be landed, and write nothing.")
def files(
    paths: tuple[str, ...], *, received_at_field: str | None, received_at_pattern: str | None, dry_run: bool
) -> None:
    """Land the bodies that files hold: folders, files and patterns such as 'dump/**/*.json'.

    A file may hold one body, one a line (NDJSON), an array of them or several one after the other, in JSON or in
    Python's spelling, or be a landing file of another machine, whose lines are kept as they are. It may be compressed
    (gz, zst, bz2, xz) and lie in a zip or tar, also in one another. All of this is told from the content. Names below a
    folder that begin with a dot are left out.

    When a body was received is told by --received-at-field, else by --received-at-pattern, else by the time of its file
    (or of its member of an archive), a microsecond later for each body before it. A body that lacks what an option
    asks for is landed by the next of these, counted, and makes the exit code 1. Times without a zone are UTC; numbers
    are seconds or milliseconds since 1970.

    Run again, or after it was cut off, it lands what is still missing. A body is known by its bytes and its time from
    field or path; one that has only its file's time, by its bytes and how often they came before in its file. So a file
    under another path, in another archive or with another date lands nothing again.

    Ends with 0 when all is landed, 1 when something could not be read, 2 on wrong use, 130 after Ctrl-C.

    \b
    Examples:
      sighten-warehouse backfill files dump/ archive.tar.zst --dry-run
      sighten-warehouse backfill files 'dump/*.json' --received-at-field date_updated
      sighten-warehouse backfill files dump.zip --received-at-pattern '%Y-%m-%d/%H%M%S'
    """
    from sighten_warehouse.backfill.files.step import import_files
    from sighten_warehouse.settings import read_settings

    times = _times(received_at_field, received_at_pattern)
    settings = read_settings()
    with _progress() as on_progress, until_interrupted() as stop:
        try:
            tally = import_files(settings, paths, times=times, dry_run=dry_run, on_progress=on_progress, stop=stop)
        except FileNotFoundError as error:
            raise click.BadParameter(str(error), param_hint="PATH") from error
    _say(tally, dry_run=dry_run)
    if tally.stopped:
        sys.exit(STOPPED)
    if tally.unreadable_count or tally.without_asked_time:
        sys.exit(SOMETHING_TO_LOOK_AT)


def _times(field: str | None, pattern: str | None) -> "Times":
    from sighten_warehouse.backfill.files.times import Times, name_pattern

    try:
        in_name = name_pattern(pattern) if pattern else None
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--received-at-pattern") from error
    return Times(field=field or None, pattern=in_name, now=datetime.now(UTC))


@contextmanager
def _progress() -> Iterator["OnProgress"]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(binary_units=True), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("looking for files", total=None)

        def on_progress(progress: "ImportProgress") -> None:
            rate = progress.bodies / (bar.tasks[0].elapsed or 1)
            said = f"{progress.bodies:,} bodies, {rate:,.0f} a second"
            bar.update(task, completed=progress.read, total=progress.size, description=said)

        yield on_progress


def _say(tally: "Tally", *, dry_run: bool) -> None:
    from rich.console import Console

    from sighten_warehouse.cli.backfill_report import kinds, summary, to_look_at

    console = Console()
    if not console.is_terminal:
        console.width = 10_000
    if tally.kinds:
        console.print(kinds(tally, dry_run=dry_run))
    for line in summary(tally, dry_run=dry_run):
        click.echo(line)
    for line in to_look_at(tally):
        click.echo(line, err=True)
