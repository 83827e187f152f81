"""Asks the API which quotes are signed, pulls the configured metrics of these, and lands the answers."""

from collections import Counter
from collections.abc import Iterator
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
from sighten_warehouse.lake.manifest import commit_files
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.answers import signed_quotes
from sighten_warehouse.payload.answers.dal_config import DalObject, read_dal_metrics
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

SIGNED_QUOTE_PATH = "/api/data/workflow/"
CALLS_BETWEEN_LOOKS = 10  # at the default rate, two seconds


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


@dataclass
class _CallCounts:
    """Counts the outcomes of the due calls."""

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
    """Make the calls that are due and land the answers, which count once they are loaded.

    Calls without an answer stay due. One process at a time does this; a second one waits.

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
    ):
        # Both queries use one time, else quotes asked now could be too old for the pulls when the TTL is short.
        started = clock.now()
        quotes = _resolve_signed_quotes(settings, client=client, as_of=started)
        pulls = _pull(settings, objects, client=client, as_of=started)
    result = _summarize(quotes, pulls)
    counts = {"asked": result.asked, "signed": result.signed, "pulled": result.pulled, "left": result.left}
    log.info("enriched", **counts, refused=result.refused, refused_metrics=len(result.refused_metrics))
    return result


def _summarize(quotes: _CallCounts, pulls: _CallCounts) -> EnrichResult:
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


def _resolve_signed_quotes(settings: Settings, *, client: ApiClient, as_of: datetime) -> _CallCounts:
    counts = _CallCounts(0)
    with collecting_answers(settings.layout.landing) as answers:
        resolve = partial(_resolve_signed_quote, client=client, answers=answers)
        quotes = _newest_first(settings, counts, as_of=as_of)
        for outcome in run_concurrently(quotes, resolve, threads=settings.api_concurrency):
            counts.count(outcome)
    return counts


def _newest_first(settings: Settings, counts: _CallCounts, *, as_of: datetime) -> Iterator[str]:
    """The due quotes; those of deliveries that are loaded meanwhile come next, before a long backlog."""
    asked: set[str] = set()
    while True:
        known = set(commit_files(settings.layout))
        due = [quote_id for quote_id in due_quotes(settings, as_of=as_of) if quote_id not in asked]
        counts.due = len(asked) + len(due)
        for number, quote_id in enumerate(due, 1):
            asked.add(quote_id)
            yield quote_id
            if number % CALLS_BETWEEN_LOOKS == 0 and known != set(commit_files(settings.layout)):
                break
        else:
            return


def _resolve_signed_quote(quote_id: str, *, client: ApiClient, answers: AnswerCollector) -> str:
    """Land the API's answer and return its resolution, or `refused`."""
    try:
        answer = client.get(SIGNED_QUOTE_PATH, query={"metrics": signed_quotes.METRIC, "quote_id": quote_id})
    except RefusedCallError as error:
        answer = error.answer
    request = ApiRequest(purpose="signed_quote", target=answer.target, status=answer.status, quote_id=quote_id)
    answers.add(answer, request)
    staged, _ = signed_quotes.read(answer.content, request)
    return str(staged["quotes"][0]["resolution"]) if staged else "refused"


def _pull(settings: Settings, objects: tuple[DalObject, ...], *, client: ApiClient, as_of: datetime) -> _CallCounts:
    """Pull the due metrics; the signed quotes resolved just before are landed, so they are included."""
    pulls = pulls_of(due_metrics(settings, objects, as_of=as_of), objects) if objects else []
    counts = _CallCounts(len(pulls))
    with collecting_answers(settings.layout.landing) as answers:
        puller = Puller(objects, client=client, answers=answers)
        for outcome in run_concurrently(pulls, puller.pull, threads=settings.api_concurrency):
            counts.count(outcome if isinstance(outcome, TransientError) else "pulled" if outcome else "left_out")
    counts.refused_metrics = puller.refused
    return counts
