"""Enrich: asks the API which quotes are signed, pulls the configured metrics by these, and lands what it answers."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from sighten_warehouse.api.client import ApiClient, open_client
from sighten_warehouse.api.collect import AnswerCollector, collecting_answers, run_concurrently
from sighten_warehouse.api.errors import RefusedCallError
from sighten_warehouse.api.rate_limiter import Priority
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.clock import Clock
from sighten_warehouse.enrich.dal_pulls import Puller, pulls_of
from sighten_warehouse.enrich.due import due_metrics, due_quotes
from sighten_warehouse.errors import TransientError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.answers import signed_quotes
from sighten_warehouse.payload.answers.dal_config import DalObject, read_dal_metrics
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

SIGNED_QUOTE_PATH = "/api/data/workflow/"


@dataclass(frozen=True)
class EnrichResult:
    """What was asked and what came of it.

    Args:
        asked: original quotes that the API was asked about and answered on.
        signed: of these, how many have a signed quote.
        not_signed_yet: how many have none yet.
        not_found: how many the API does not know, or does not show.
        refused: on how many the API refused to say.
        pulled: pulls from the DAL that were answered: an object's metrics by one signed quote.
        refused_metrics: metrics that the API refused, each after its object and a dot.
        left: questions of both kinds that got no answer this time; they are due again.
        problem: why they got none; None where nothing is left.
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
        """Whether something went otherwise than it should."""
        return bool(self.refused or self.refused_metrics or self.left)


@dataclass
class _Tally:
    """What questions came to, counted."""

    due: int
    outcomes: Counter[str] = field(default_factory=Counter)
    problem: str | None = None
    refused_metrics: tuple[str, ...] = ()

    def count(self, outcome: str | TransientError) -> None:
        if isinstance(outcome, TransientError):
            self.problem = self.problem or str(outcome)
        else:
            self.outcomes[outcome] += 1

    @property
    def left(self) -> int:
        return self.due - self.outcomes.total()


def enrich(
    settings: Settings,
    *,
    clock: Clock | None = None,
    priority: Priority = "live",
    retry_policy: RetryPolicy | None = None,
) -> EnrichResult:
    """Ask the API what is due and land its answers, which count once they are loaded; what is not due is not asked.

    A question that gets no answer is left for the next time. One process does this at a time, a second one waits.

    Raises:
        SettingError: the API's address or the token is missing, or the file of metrics is ill-formed.
        FatalError: the API asks for somebody to act, as by 401 and 403; what it answered before is landed.
        StorageError: the disk refused.
    """
    clock = clock or Clock()
    objects = read_dal_metrics(settings)
    with (
        open_client(settings, priority=priority, clock=clock, retry_policy=retry_policy) as client,
        one_writer(settings.layout, "enrich"),
    ):
        # What is asked now is not too old before the end: else a time to live that is over sooner would keep all pulls.
        began = clock.now()
        quotes = _ask_which_are_signed(settings, client=client, as_of=began)
        pulls = _pull(settings, objects, client=client, as_of=began)
    result = _sum(quotes, pulls)
    counts = {"asked": result.asked, "signed": result.signed, "pulled": result.pulled, "left": result.left}
    log.info("enriched", **counts, refused=result.refused, refused_metrics=len(result.refused_metrics))
    return result


def _sum(quotes: _Tally, pulls: _Tally) -> EnrichResult:
    return EnrichResult(
        asked=quotes.outcomes.total(),
        signed=quotes.outcomes["signed"],
        not_signed_yet=quotes.outcomes["not_signed_yet"],
        not_found=quotes.outcomes["not_found"],
        refused=quotes.outcomes["refused"],
        pulled=pulls.outcomes["pulled"],
        refused_metrics=pulls.refused_metrics,
        left=quotes.left + pulls.left,
        problem=quotes.problem or pulls.problem,
    )


def _ask_which_are_signed(settings: Settings, *, client: ApiClient, as_of: datetime) -> _Tally:
    due = due_quotes(settings, as_of=as_of)
    tally = _Tally(len(due))
    with collecting_answers(settings.layout.landing) as answers:
        ask = partial(_ask_which_is_signed, client=client, answers=answers)
        for outcome in run_concurrently(due, ask, threads=settings.api_concurrency):
            tally.count(outcome)
    return tally


def _ask_which_is_signed(quote_id: str, *, client: ApiClient, answers: AnswerCollector) -> str:
    """The resolution that the API's answer comes to; `refused` where it tells none."""
    try:
        answer = client.get(SIGNED_QUOTE_PATH, query={"metrics": signed_quotes.METRIC, "quote_id": quote_id})
    except RefusedCallError as error:
        answer = error.answer
    asked = ApiRequest(purpose="signed_quote", target=answer.target, status=answer.status, quote_id=quote_id)
    answers.add(answer, asked)
    staged, _ = signed_quotes.read(answer.content, asked)
    return str(staged["quotes"][0]["resolution"]) if staged else "refused"


def _pull(settings: Settings, objects: tuple[DalObject, ...], *, client: ApiClient, as_of: datetime) -> _Tally:
    """The signed quotes are those that the answers before this told: they are landed by now."""
    pulls = pulls_of(due_metrics(settings, objects, as_of=as_of), objects) if objects else []
    tally = _Tally(len(pulls))
    with collecting_answers(settings.layout.landing) as answers:
        puller = Puller(objects, client=client, answers=answers)
        for was_asked in run_concurrently(pulls, puller.pull, threads=settings.api_concurrency):
            tally.count(was_asked if isinstance(was_asked, TransientError) else "pulled" if was_asked else "left_out")
    tally.refused_metrics = puller.refused
    return tally
