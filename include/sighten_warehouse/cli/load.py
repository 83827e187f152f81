"""`sighten-warehouse load`."""

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sighten_warehouse.load.result import LoadResult
    from sighten_warehouse.load.step import OnProgress
    from sighten_warehouse.settings import Settings


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
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    require_home(settings)
    if load_and_report(settings, jobs=jobs).quarantined:
        sys.exit(1)


def load_and_report(
    settings: "Settings", *, jobs: int | None = None, before: "LoadResult | None" = None
) -> "LoadResult":
    """Load what is pending in a process a core, with a progress bar on a terminal, and print the outcome.

    `before`: what was loaded just before, and counts with it.
    """
    from sighten_warehouse.cli.main import prepare_process
    from sighten_warehouse.load.step import load as load_pending
    from sighten_warehouse.load.workers import usable_cores

    with _progress() as on_progress:
        result = load_pending(settings, jobs=jobs or usable_cores(), on_start=prepare_process, on_progress=on_progress)
    result = before + result if before else result
    click.echo(
        f"landed {result.landed}: {result.loaded} loaded, {result.ignored} ignored, {result.quarantined} quarantined"
        f" in {len(result.batches)} batches"
    )
    if result.quarantined:
        click.echo(
            f"{result.quarantined} deliveries are in quarantine: see `sighten-warehouse quarantine list`", err=True
        )
    return result


@contextmanager
def _progress() -> "Iterator[OnProgress | None]":
    if not sys.stderr.isatty():  # rich takes as long to import as loading one delivery
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("loading"), BarColumn(), DownloadColumn(binary_units=True), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, left: bar.update(task, completed=done, total=done + left)
