"""`sighten-warehouse landing …`."""

import sys

import click

from sighten_warehouse.cli.ending import end
from sighten_warehouse.cli.home import require_home
from sighten_warehouse.settings import read_settings

RUNBOOK = "docs/runbook.md#damaged-landing-files"


@click.group()
def landing() -> None:
    """Look after landing files, from which everything else can be rebuilt.

    \b
    Example:
      sighten-warehouse landing verify
    """


@landing.command()
def verify() -> None:
    """Read every landing file and compare it with what was loaded from it.

    Exits with 1 if a file is missing, short or altered. Changes nothing.

    \b
    Example:
      sighten-warehouse landing verify
    """
    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress

    from sighten_warehouse.ops.landing import LandingCheck, verify_landing

    settings = read_settings()
    require_home(settings)
    columns = [*Progress.get_default_columns(), MofNCompleteColumn()]
    with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task("files", total=None)
        found: LandingCheck = verify_landing(
            settings, on_progress=lambda done, total: progress.update(bar, completed=done, total=total)
        )
    problems = [f"{name}: {problem} ({RUNBOOK})" for name, problem in found.damaged.items()]
    problems += [
        f"{name}: left out by a rebuild, {lines:,} deliveries; restore it, and the next load takes it ({RUNBOOK})"
        for name, lines in found.left_out.items()
    ]
    for name in found.restored:
        click.echo(f"{name}: damaged when it was loaded, whole now: run `sighten-warehouse rebuild` for its day")
    end(
        f"read {found.files:,} landing files: {len(found.damaged):,} damaged, {len(found.left_out):,} left out",
        problems,
        needs_attention=bool(problems),
    )
