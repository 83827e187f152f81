"""What is not known of Sighten's API, and how the simulated one decides it: every variant by a switch."""

from dataclasses import dataclass
from typing import Literal

Baselineless = Literal["sentinel", "null", "empty_list", "no_row", "404"]
UnknownQuote = Literal["no_row", "404", "null", "sentinel"]
Refusal = Literal["all", "metric", "400"]
Slashes = Literal["either", "with", "without", "redirect"]


@dataclass(frozen=True)
class Unknowns:
    """The variants in force; the defaults are what is likeliest.

    Args:
        quotes_of_workflow: whether facts of a workflow's quote, such as `s_quote_id`, come as they are or in a list.
        not_signed: what stands for a baseline that does not exist; the sentinel is the one form that is documented.
        unknown_quote: the answer about a quote that nobody knows, or that the token's user may not see.
        refusal: what a metric costs that the DAL refuses: all metrics of the call inside a 200, that metric only, or
            all of them by HTTP's own 400.
        refused: metrics that it refuses though it knows them.
        most_rows: how many rows a page of the DAL has at most, whatever `limit` says; None is no bound.
        slashes: which paths it takes: with a slash at the end, without, both, or with a redirect to the one with.
    """

    quotes_of_workflow: Literal["scalar", "list"] = "scalar"
    not_signed: Baselineless = "sentinel"
    unknown_quote: UnknownQuote = "no_row"
    refusal: Refusal = "all"
    refused: frozenset[str] = frozenset()
    most_rows: int | None = None
    slashes: Slashes = "either"
