"""Asks the API which quotes are signed, pulls the configured metrics of these, and lands the answers."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from sighten_warehouse.api.client import open_client
from sighten_warehouse.api.collect import collecting_answers
from sighten_warehouse.api.rate_limiter import Priority
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.clock import Clock
from sighten_warehouse.enrich.due_calls import DueCalls
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.answers.dal_config import read_dal_metrics
from sighten_warehouse.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True)
class EnrichResult:
    """The outcome of one enrich.

    Args:
        asked: original quotes that the API answered about.
        signed: of these, quotes with a signed quote.
        not_signed_yet: of these, quotes without a signed quote so far.
        not_found: of these, quotes that the API does not know or does not show.
        refused: of these, quotes whose call the API refused.
        pulled: answered DAL pulls; one pull is an object's metrics by one signed quote.
        refused_metrics: metrics that the API refused, as `object.metric`.
        left: calls of both kinds without an answer; they stay due.
        problem: why these got no answer; None if there are none.
    """

    asked: int = 0
    signed: int = 0
    not_signed_yet: int = 0
    not_found: int = 0
    refused: int = 0
    pulled: int = 0
    refused_metrics: tuple[str, ...] = ()
    left: int = 0
    problem: str | None = None

    @property
    def needs_attention(self) -> bool:
        """Whether something was refused or is left."""
        return bool(self.refused or self.refused_metrics or self.left)


def enrich(
    settings: Settings,
    *,
    clock: Clock | None = None,
    priority: Priority = "live",
    retry_policy: RetryPolicy | None = None,
    is_stopping: Callable[[], bool] = lambda: False,
) -> EnrichResult:
    """Make the calls that are due and land the answers, which count once they are loaded.

    Calls without an answer stay due, and so does what is left once `is_stopping`. One process at a time does this; a
    second one waits.

    Raises:
        SettingError: the API's address or token is missing, or the file of metrics is ill-formed.
        FatalError: somebody must act, as after 401 and 403; earlier answers are landed.
        StorageError: the disk refused a write.
    """
    clock = clock or Clock()
    objects = read_dal_metrics(settings)
    with (
        open_client(settings, priority=priority, clock=clock, retry_policy=retry_policy) as client,
        one_writer(settings.layout, "enrich"),
        collecting_answers(settings.layout.landing) as answers,
    ):
        # All queries use one time, else quotes asked now could be too old for the pulls when the TTL is short.
        calls = DueCalls(settings, objects, client=client, answers=answers, as_of=clock.now(), is_stopping=is_stopping)
        calls.make()
    result = _summarize(calls)
    counts = {"asked": result.asked, "signed": result.signed, "pulled": result.pulled, "left": result.left}
    log.info("enriched", **counts, refused=result.refused, refused_metrics=len(result.refused_metrics))
    return result


def _summarize(calls: DueCalls) -> EnrichResult:
    quotes, pulls = calls.quotes, calls.pulls
    return EnrichResult(
        asked=quotes.outcomes.total(),
        signed=quotes.outcomes["signed"],
        not_signed_yet=quotes.outcomes["not_signed_yet"],
        not_found=quotes.outcomes["not_found"],
        refused=quotes.outcomes["refused"],
        pulled=pulls.outcomes["pulled"],
        refused_metrics=calls.refused_metrics,
        left=quotes.left + pulls.left,
        problem=quotes.problem or pulls.problem,
    )
