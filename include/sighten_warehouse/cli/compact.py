"""`sighten-warehouse compact`."""

import sys

import click

from sighten_warehouse.cli.ending import end
from sighten_warehouse.cli.home import require_home

RUNBOOK = "docs/runbook.md#damaged-landing-files"


@click.command()
def compact() -> None:
    """Merge many small files into few, without changing a row.

    Small landing files of a day become one compressed file, line for line; the history files and commits of small loads
    become few. Loading, publishing and reading continue meanwhile, and a crash changes nothing or everything. The files
    that were merged stay on disk until no kept version reads them, so the next publishes need room for both.

    Before that it drops what was kept for SIGHTEN_KEPT_RAW_DAYS and SIGHTEN_KEPT_DOCUMENT_DAYS, if they are set, and
    publishes a version without it.

    Landing files that are not what was loaded from them stay as they are. Exits with 1 if there are any.

    \b
    Example:
      sighten-warehouse compact
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from sighten_warehouse.erase import expire
    from sighten_warehouse.lake.compaction import compact as compact_lake
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    require_home(settings)
    expired = expire(settings)
    if expired.deliveries or expired.documents:
        click.echo(f"dropped the bodies of {expired.deliveries:,} old deliveries, and {expired.documents:,} documents")
    columns = [*Progress.get_default_columns(), MofNCompleteColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("batches", total=None)
        result = compact_lake(
            settings.layout, on_progress=lambda done, total: progress.update(bar, completed=done, total=total)
        )
    (batches, batches_after), (files, files_after) = result.batches, result.landing_files
    end(
        f"merged {batches:,} batches into {batches_after:,}, and {files:,} landing files into {files_after:,}",
        [f"{name}: {problem}; not merged ({RUNBOOK})" for name, problem in result.refused.items()],
        needs_attention=bool(result.refused),
    )
