"""`sighten-warehouse enrich`."""

from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.ending import end

if TYPE_CHECKING:
    from sighten_warehouse.enrich.step import EnrichResult


@click.command()
@click.option("--backfill", is_flag=True, help="Leave the API to everything else first.")
def enrich(*, backfill: bool) -> None:
    """Ask Sighten's API which quotes are signed now, and pull the metrics of SIGHTEN_DAL_METRICS by these.

    What is due is found by itself; asking again at once asks nothing. The answers are landed, so load them next.
    Ends with 1 when the API refused something or gave no answer.

    \b
    Example:
      sighten-warehouse enrich; sighten-warehouse load; sighten-warehouse publish
    """
    from sighten_warehouse.enrich.step import enrich as ask_what_is_due
    from sighten_warehouse.settings import read_settings

    result = ask_what_is_due(read_settings(), priority="backfill" if backfill else "live")
    end(summary_line(result), problems(result), needs_attention=result.needs_attention)


def summary_line(result: "EnrichResult") -> str:
    """The result in a line."""
    return (
        f"asked about {result.asked} quotes: {result.signed} signed, {result.not_signed_yet} not signed yet,"
        f" {result.not_found} not found; {result.pulled} pulls from the DAL"
    )


def problems(result: "EnrichResult") -> list[str]:
    """What is to be looked at, a line each."""
    said = []
    if result.refused:
        said.append(f"on {result.refused} quotes the API refused to say which is signed: see ops.drift")
    if result.refused_metrics:
        said.append(f"the API refused metrics of SIGHTEN_DAL_METRICS: {', '.join(result.refused_metrics)}")
    if result.left:
        said.append(f"{result.left} questions are left for later: {result.problem}")
    return said
