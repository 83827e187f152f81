"""Variants of the simulated API where the behaviour of the real one is not known."""

from dataclasses import dataclass
from typing import Literal

NotSigned = Literal["sentinel", "null", "empty_list", "no_row", "404"]
UnknownQuote = Literal["no_row", "404", "null", "sentinel"]
Refusal = Literal["all", "metric", "400"]
Slashes = Literal["either", "with", "without", "redirect"]


@dataclass(frozen=True)
class ApiVariants:
    """The variants in use; the defaults are the likeliest.

    Args:
        quotes_of_workflow: whether metrics of a workflow's quote, such as `s_quote_id`, are scalars or lists.
        not_signed: the value of a baseline that does not exist; only the sentinel is documented.
        unknown_quote: the response for a quote that does not exist or that the user may not see.
        refusal: the effect of a refused metric: the whole query fails inside a 200 (`all`), only that metric is left
            out (`metric`), or the whole query fails with status 400 (`400`).
        refused: known metrics that are refused.
        max_rows: the largest page of the DAL, whatever `limit` says; None for no limit.
        slashes: the accepted paths: with a slash at the end, without, both, or a redirect to the one with.
    """

    quotes_of_workflow: Literal["scalar", "list"] = "scalar"
    not_signed: NotSigned = "sentinel"
    unknown_quote: UnknownQuote = "no_row"
    refusal: Refusal = "all"
    refused: frozenset[str] = frozenset()
    max_rows: int | None = None
    slashes: Slashes = "either"
