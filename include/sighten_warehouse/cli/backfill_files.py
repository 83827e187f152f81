"""`sighten-warehouse backfill files`."""

import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import STOPPED, until_interrupted
from sighten_warehouse.cli.main import NEEDS_ATTENTION

if TYPE_CHECKING:
    from sighten_warehouse.backfill.files.step import ImportProgress, OnProgress
    from sighten_warehouse.backfill.files.tally import Tally
    from sighten_warehouse.backfill.files.times import Times
    from sighten_warehouse.load.result import LoadResult
    from sighten_warehouse.settings import Settings


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--received-at-field",
    metavar="FIELD",
    help="Take the time of receiving from this field of the body: `a` or `a.b.0`.",
)
@click.option(
    "--received-at-pattern",
    metavar="PATTERN",
    help="Take the time of receiving from the path: `%Y-%m-%dT%H-%M-%S`, or a regular expression with groups named"
    " year, month, day, hour, minute, second and fraction, or epoch. The last match in the path counts.",
)
@click.option("--publish", is_flag=True, help="Meanwhile load what lands, then publish it.")
@click.option("--dry-run", is_flag=True, help="Read everything and print what would be landed; write nothing.")
def files(
    paths: tuple[str, ...],
    *,
    received_at_field: str | None,
    received_at_pattern: str | None,
    publish: bool,
    dry_run: bool,
) -> None:
    """Land bodies from files, folders and archives.

    PATH is a file, a folder or a pattern such as 'dump/**/*.json'. Names in a folder that begin with a dot are skipped.

    A file holds one body, one body a line (NDJSON), an array of bodies or several in a row, as JSON or Python literals;
    or it is a landing file of another machine, whose lines are kept as they are. It may be compressed (gz, zst, bz2,
    xz) and in a zip or tar, also nested. The content decides, not the name.

    The time of receiving comes from --received-at-field, else from --received-at-pattern, else from the file or archive
    member, plus a microsecond for each earlier body. A body without the time that an option names is landed with the
    next of these and counted, and the exit code is 1. Times without a zone are UTC; numbers are seconds or milliseconds
    since 1970.

    Running it again lands only what is missing. A body is identified by its bytes and its time from field or path; if
    it has only the file's time, by its bytes and the number of equal bodies before it in the file. So a file that was
    moved, repacked or touched lands nothing again.

    Exit codes: 0 all landed, 1 something could not be read, lacks its time or was quarantined, 2 wrong use, 130 after
    Ctrl-C.

    \b
    Examples:
      sighten-warehouse backfill files dump/ archive.tar.zst --dry-run
      sighten-warehouse backfill files dump/ --publish
      sighten-warehouse backfill files 'dump/*.json' --received-at-field date_updated
      sighten-warehouse backfill files dump.zip --received-at-pattern '%Y-%m-%d/%H%M%S'
    """
    from sighten_warehouse.backfill.files.step import import_files
    from sighten_warehouse.settings import read_settings

    times = _times(received_at_field, received_at_pattern)
    settings = read_settings()
    loading = _loading(settings) if publish and not dry_run else nullcontext()
    with _progress() as on_progress, until_interrupted() as stop, loading as loaded:
        try:
            tally = import_files(settings, paths, times=times, dry_run=dry_run, on_progress=on_progress, stop=stop)
        except FileNotFoundError as error:
            raise click.BadParameter(str(error), param_hint="PATH") from error
    _print_result(tally, dry_run=dry_run)
    if tally.stopped:
        sys.exit(STOPPED)
    quarantined = 0
    if loaded:
        quarantined = _load_and_publish(settings, before=loaded.result())
    elif tally.new and not dry_run:
        click.echo("next: sighten-warehouse load")
    if quarantined or tally.unreadable_count or tally.without_requested_time:
        sys.exit(NEEDS_ATTENTION)


@contextmanager
def _loading(settings: "Settings") -> Iterator["Future[LoadResult]"]:
    """Meanwhile, load what lands; some of it is left."""
    from sighten_warehouse.cli.main import prepare_process
    from sighten_warehouse.load.step import load_while_landing
    from sighten_warehouse.load.workers import usable_cores

    has_landed = Event()
    with ThreadPoolExecutor(1, thread_name_prefix="load") as pool:
        try:
            yield pool.submit(load_while_landing, settings, has_landed, jobs=usable_cores(), on_start=prepare_process)
        finally:
            has_landed.set()


def _load_and_publish(settings: "Settings", *, before: "LoadResult") -> int:
    """Load the rest and publish; return how many deliveries were quarantined."""
    from sighten_warehouse.cli.load import load_and_report
    from sighten_warehouse.cli.publish import publish_and_report

    result = load_and_report(settings, before=before)
    publish_and_report(settings)
    return result.quarantined


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
            description = f"{progress.bodies:,} bodies, {rate:,.0f} a second"
            bar.update(task, completed=progress.read, total=progress.size, description=description)

        yield on_progress


def _print_result(tally: "Tally", *, dry_run: bool) -> None:
    from rich.console import Console

    from sighten_warehouse.cli.backfill_report import kinds_table, problems, summary

    console = Console()
    if not console.is_terminal:
        console.width = 10_000
    if tally.kinds:
        console.print(kinds_table(tally, dry_run=dry_run))
    for line in summary(tally, dry_run=dry_run):
        click.echo(line)
    for line in problems(tally):
        click.echo(line, err=True)
