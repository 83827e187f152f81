"""The value of a metric for one subject: live or of a baseline; a scalar, a list or a sentinel."""

from typing import Any

from sighten_simulator.api.metrics import LEVELS, metric_values
from sighten_simulator.api.subjects import Subject
from sighten_simulator.api.variants import ApiVariants
from sighten_simulator.world.index import Index
from sighten_simulator.world.people import Site

BASELINES = {"p": "proposed", "s": "signed", "a": "approved"}
# The last is public, with the vendor's spelling; the others follow it.
SENTINELS = {
    "proposed": "PROPOSED_BASELINE_NONEXISTANT",
    "signed": "SIGNED_BASELINE_NONEXISTANT",
    "approved": "APPROVED_BASELINE_NONEXISTANT",
}


class MissingBaseline(Exception):  # noqa: N818  (not an error: the row is left out, or the response is a 404)
    """The subject does not have that baseline, and no value stands for it."""


def split_prefix(metric: str) -> tuple[str | None, str]:
    """Split a metric into the baseline of its prefix and its plain name: `s_quote_id` is the signed `quote_id`."""
    letter, _, rest = metric.partition("_")
    return (BASELINES[letter], rest) if letter in BASELINES and rest in LEVELS else (None, metric)


def metric_value(  # noqa: PLR0913  (a value depends on all of these)
    index: Index, name: str, subject: Subject, *, metric: str, baseline: str | None, variants: ApiVariants
) -> Any:
    """A scalar if the metric is one to one with the object `name`, else a list; a sentinel if the baseline is missing.

    Raises:
        MissingBaseline: the baseline does not exist, and the variant has no value for that.
    """
    prefixed, plain = split_prefix(metric)
    baseline = prefixed or baseline
    quote_ids = subject.quote_ids if baseline is None else _baseline_quotes(index, subject.site, baseline)
    if baseline is not None and quote_ids is None:
        return _missing_value(baseline, variants)
    values = metric_values(index, plain, site=subject.site, quote_ids=quote_ids or (), proposal_id=subject.proposal_id)
    if not _is_one_to_one(plain, name, variants):
        return values
    # The proposal of another quote is not in the baseline.
    return _missing_value(baseline, variants) if baseline is not None and not values else values[0]


def _is_one_to_one(metric: str, name: str, variants: ApiVariants) -> bool:
    level = LEVELS[metric]
    if level == "quote":
        return name != "site" and (name != "workflow" or variants.quotes_of_workflow == "scalar")
    return level == "site" or (level == "proposal" and name == "proposal")


def _missing_value(baseline: str, variants: ApiVariants) -> Any:
    if variants.not_signed in ("no_row", "404"):
        raise MissingBaseline(baseline)
    return {"sentinel": SENTINELS[baseline], "null": None, "empty_list": []}[variants.not_signed]


def _baseline_quotes(index: Index, site: Site, baseline: str) -> tuple[str, ...] | None:
    """The site's quotes in that baseline; None if the baseline does not exist."""
    if baseline == "proposed":
        return (site.quote_id,)
    signed = site.signed_quote_id
    exists = signed is not None and (baseline == "signed" or index.is_approved(site))
    return (signed,) if exists and signed is not None else None
