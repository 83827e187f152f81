"""A metric's value for one subject: of the live data or of a baseline, as a scalar or a list, or a sentinel."""

from typing import Any

from sighten_simulator.api.metrics import LEVELS, values
from sighten_simulator.api.subjects import Subject
from sighten_simulator.api.unknowns import Unknowns
from sighten_simulator.world.index import Index
from sighten_simulator.world.people import Site

BASELINES = {"p": "proposed", "s": "signed", "a": "approved"}
# The last one's spelling is the vendor's; the others are formed after it.
SENTINELS = {
    "proposed": "PROPOSED_BASELINE_NONEXISTANT",
    "signed": "SIGNED_BASELINE_NONEXISTANT",
    "approved": "APPROVED_BASELINE_NONEXISTANT",
}


class BaselineMissing(Exception):  # noqa: N818  (nothing went wrong: it is one of the answers)
    """The subject does not have that baseline yet, and its row must not say so."""


def split_prefix(metric: str) -> tuple[str | None, str]:
    """The baseline that a metric's prefix chooses, and its name without it: `s_quote_id` is `quote_id`, signed."""
    letter, _, rest = metric.partition("_")
    return (BASELINES[letter], rest) if letter in BASELINES and rest in LEVELS else (None, metric)


def value(  # noqa: PLR0913  (a value depends on all of these)
    index: Index, name: str, subject: Subject, *, metric: str, baseline: str | None, unknowns: Unknowns
) -> Any:
    """A scalar where the metric is one to one with the object `name`, else a list, or what stands for no baseline.

    Raises:
        BaselineMissing: the baseline does not exist, and nothing shall stand for it.
    """
    prefixed, plain = split_prefix(metric)
    baseline = prefixed or baseline
    quote_ids = subject.quote_ids if baseline is None else _quotes(index, subject.site, baseline)
    if baseline is not None and quote_ids is None:
        return _nonexistent(baseline, unknowns)
    found = values(index, plain, site=subject.site, quote_ids=quote_ids or (), proposal_id=subject.proposal_id)
    return found[0] if _is_one_to_one(plain, name, unknowns) else found


def _is_one_to_one(metric: str, name: str, unknowns: Unknowns) -> bool:
    level = LEVELS[metric]
    if level == "quote":
        return name != "site" and (name != "workflow" or unknowns.quotes_of_workflow == "scalar")
    return level == "site" or (level == "proposal" and name == "proposal")


def _nonexistent(baseline: str, unknowns: Unknowns) -> Any:
    if unknowns.not_signed in ("no_row", "404"):
        raise BaselineMissing(baseline)
    return {"sentinel": SENTINELS[baseline], "null": None, "empty_list": []}[unknowns.not_signed]


def _quotes(index: Index, site: Site, baseline: str) -> tuple[str, ...] | None:
    """The quotes of the site in that baseline; None where it does not exist."""
    if baseline == "proposed":
        return (site.quote_id,)
    signed = site.signed_quote_id
    exists = signed is not None and (baseline == "signed" or index.is_approved(site))
    return (signed,) if exists and signed is not None else None
