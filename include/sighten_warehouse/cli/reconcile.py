"""`sighten-warehouse reconcile`."""

import sys
from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import STOPPED, end, end_at_once, until_interrupted

if TYPE_CHECKING:
    from sighten_warehouse.reconcile.step import ReconcileResult


@click.command()
@click.option("--days", type=click.IntRange(min=0), default=7, show_default=True, help="How far back it compares.")
def reconcile(*, days: int) -> None:
    """Ask Sighten's API what changed, compare it with what was delivered, and pull what is missing.

    What changed since the last reconcile is compared in any case, and nothing is compared twice. The answers are
    landed, so load them next; coverage is then in ops.coverage. Ends with 1 when the API refused something or gave no
    answer, with 130 after Ctrl-C.

    \b
    Example:
      sighten-warehouse load; sighten-warehouse reconcile; sighten-warehouse load; sighten-warehouse publish
    """
    from sighten_warehouse.backfill.rest.stopping import StoppedError
    from sighten_warehouse.reconcile.step import reconcile as compare_and_pull
    from sighten_warehouse.settings import read_settings

    settings = read_settings()
    with until_interrupted(again=end_at_once) as stop:
        try:
            result = compare_and_pull(settings, days=days, stop=stop)
        except StoppedError:
            click.echo("stopped; what came is landed: the next reconcile goes on from there", err=True)
            sys.exit(STOPPED)
    end(summary_line(result), problems(result), needs_attention=result.needs_attention)


def summary_line(result: "ReconcileResult") -> str:
    """The result in a line."""
    coverage = "nothing to cover" if result.coverage is None else f"coverage {result.coverage:.1%}"
    return (
        f"compared {result.sites} sites that changed; of {result.changed} changed milestones since {result.since}"
        f" the webhooks of {result.delivered} came: {coverage}; {result.pulled} sites pulled"
    )


def problems(result: "ReconcileResult") -> list[str]:
    """What is to be looked at, a line each."""
    said = []
    if result.failed:
        said.append(f"{result.failed} sites could not be compared or pulled: {result.problem}")
    if result.left:
        said.append(f"{result.left} sites are left for later: {result.problem}")
    if result.undated:
        said.append(f"{result.undated} sites are not compared: the API does not tell when they were updated")
    return said
