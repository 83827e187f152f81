"""`sighten-warehouse enrich`."""

from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import end

if TYPE_CHECKING:
    from sighten_warehouse.enrich.step import EnrichResult


@click.command()
@click.option("--backfill", is_flag=True, help="Let all other API calls go first.")
def enrich(*, backfill: bool) -> None:
    """Look up signed quotes and pull DAL metrics from the API.

    Pulls the metrics listed in SIGHTEN_DAL_METRICS, by signed quote. Calls the API only for what is due. The responses
    are landed: run `load` next. Exits with 1 if the API refused a call or did not answer.

    \b
    Example:
      sighten-warehouse enrich; sighten-warehouse load; sighten-warehouse publish
    """
    from sighten_warehouse.errors import requires_extra
    from sighten_warehouse.settings import read_settings

    with requires_extra("api", by="enrich"):
        from sighten_warehouse.enrich.step import enrich as enrich_due

    result = enrich_due(read_settings(), priority="backfill" if backfill else "live")
    end(summary_line(result), problems(result), needs_attention=result.needs_attention)


def summary_line(result: "EnrichResult") -> str:
    """The result on one line."""
    return (
        f"looked up {result.asked} quotes: {result.signed} signed, {result.not_signed_yet} not signed yet,"
        f" {result.not_found} not found; {result.pulled} DAL pulls"
    )


def problems(result: "EnrichResult") -> list[str]:
    """What needs attention, one line each."""
    lines = []
    if result.refused:
        lines.append(f"the API refused to look up {result.refused} quotes: see ops.drift")
    if result.refused_metrics:
        lines.append(f"the API refused metrics of SIGHTEN_DAL_METRICS: {', '.join(result.refused_metrics)}")
    if result.left:
        lines.append(f"{result.left} API calls are left for later: {result.problem}")
    return lines
