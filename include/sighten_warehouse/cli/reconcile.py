"""`sighten-warehouse reconcile`."""

import sys
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import STOPPED, end, end_at_once, until_interrupted

if TYPE_CHECKING:
    from sighten_warehouse.reconcile.step import ReconcileResult


@click.command()
@click.option(
    "--days",
    type=click.IntRange(min=0),
    default=7,
    show_default=True,
    help="Days to compare, or since the last reconcile if that is longer.",
)
def reconcile(*, days: int) -> None:
    """Pull changes from the API that no webhook delivered.

    Compares what the API says changed with what was delivered; each change is compared once. The responses are landed:
    run `load` next. Coverage is then in ops.coverage.

    Exits with 1 if the API refused a call or did not answer, with 130 after Ctrl-C.

    \b
    Example:
      sighten-warehouse load; sighten-warehouse reconcile; sighten-warehouse load; sighten-warehouse publish
    """
    from sighten_warehouse.errors import requires_extra
    from sighten_warehouse.settings import read_settings

    with requires_extra("api", by="reconcile"):
        from sighten_warehouse.backfill.rest.stopping import StoppedError
        from sighten_warehouse.reconcile.step import reconcile as compare_and_pull

    settings = read_settings()
    with until_interrupted(on_second=end_at_once) as stop:
        try:
            result = compare_and_pull(settings, days=days, stop=stop)
        except StoppedError:
            click.echo("stopped: the responses so far are landed, and the next reconcile resumes from there", err=True)
            sys.exit(STOPPED)
    end(summary_line(result), problems(result), needs_attention=result.needs_attention)


def summary_line(result: "ReconcileResult") -> str:
    """The result on one line."""
    coverage = "no changes" if result.coverage is None else f"coverage {result.coverage:.1%}"
    return (
        f"compared {result.sites} changed sites; {result.delivered} of {result.changed} milestone changes since"
        f" {result.since} were delivered by webhook: {coverage}; {result.pulled} sites pulled"
    )


def problems(result: "ReconcileResult") -> list[str]:
    """What needs attention, one line each."""
    lines = []
    if result.failed:
        lines.append(f"{result.failed} sites could not be compared or pulled: {result.problem}")
    if result.left:
        lines.append(f"{result.left} sites are left for later: {result.problem}")
    if result.undated:
        lines.append(f"{result.undated} sites were not compared: the API gives no date of their last update")
    return lines
