"""Enrich: asks the API which quote is signed now, for each original quote that is due, and lands what it answers."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial

import duckdb
import pyarrow as pa
import structlog

from sighten_warehouse.answered import open_known
from sighten_warehouse.api_budget import Priority
from sighten_warehouse.api_retries import Patience
from sighten_warehouse.asked import Asked
from sighten_warehouse.asking import AnswersToLand, answers_to_land, ask_side_by_side
from sighten_warehouse.client import ApiClient, open_client
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import RefusedCallError, TransientError
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload import signed_quotes
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

SIGNED_QUOTE_PATH = "/api/data/workflow/"
STATUSES_SCHEMA = pa.schema([("status", pa.string())])


@dataclass(frozen=True)
class EnrichResult:
    """What was asked and what came of it.

    Args:
        asked: original quotes that the API was asked about and answered on.
        signed: of these, how many have a signed quote.
        not_signed_yet: how many have none yet.
        not_found: how many the API does not know, or does not show.
        refused: on how many the API refused to say.
        left: questions that got no answer this time; they are due again.
        problem: why they got none; None where nothing is left.
    """

    asked: int = 0
    signed: int = 0
    not_signed_yet: int = 0
    not_found: int = 0
    refused: int = 0
    left: int = 0
    problem: str | None = None

    @property
    def is_to_be_looked_at(self) -> bool:
        """Whether something went otherwise than it should."""
        return bool(self.refused or self.left)


@dataclass
class _Tally:
    """Outcomes of questions, counted."""

    due: int
    outcomes: Counter[str] = field(default_factory=Counter)
    problem: str | None = None

    def count(self, outcome: str | TransientError) -> None:
        if isinstance(outcome, TransientError):
            self.problem = self.problem or str(outcome)
        else:
            self.outcomes[outcome] += 1

    @property
    def left(self) -> int:
        return self.due - self.outcomes.total()


def enrich(
    settings: Settings, *, clock: Clock | None = None, priority: Priority = "live", patience: Patience | None = None
) -> EnrichResult:
    """Ask the API what is due and land its answers, which count once they are loaded; what is not due is not asked.

    A question that gets no answer is left for the next time. One process does this at a time, a second one waits.

    Raises:
        SettingError: the API's address or the token is missing.
        FatalError: the API asks for somebody to act, as by 401 and 403; what it answered before is landed.
        StorageError: the disk refused.
    """
    clock = clock or Clock()
    with (
        open_client(settings, priority=priority, clock=clock, patience=patience) as client,
        one_writer(settings.layout, "enrich"),
    ):
        tally = _ask_which_are_signed(settings, client=client, clock=clock)
    result = EnrichResult(
        asked=tally.outcomes.total(),
        signed=tally.outcomes["signed"],
        not_signed_yet=tally.outcomes["not_signed_yet"],
        not_found=tally.outcomes["not_found"],
        refused=tally.outcomes["refused"],
        left=tally.left,
        problem=tally.problem,
    )
    log.info("enriched", asked=result.asked, signed=result.signed, refused=result.refused, left=result.left)
    return result


def _ask_which_are_signed(settings: Settings, *, client: ApiClient, clock: Clock) -> _Tally:
    due = _due_quotes(settings, clock=clock)
    tally = _Tally(len(due))
    with answers_to_land(settings.layout.landing) as answers:
        ask = partial(_ask_which_is_signed, client=client, answers=answers)
        for outcome in ask_side_by_side(due, ask, threads=settings.api_concurrency):
            tally.count(outcome)
    return tally


def _ask_which_is_signed(quote_id: str, *, client: ApiClient, answers: AnswersToLand) -> str:
    """The resolution that the API's answer comes to; `refused` where it tells none."""
    try:
        answer = client.get(SIGNED_QUOTE_PATH, query={"metrics": signed_quotes.METRIC, "quote_id": quote_id})
    except RefusedCallError as error:
        answer = error.answer
    asked = Asked(purpose="signed_quote", target=answer.target, status=answer.status, quote_id=quote_id)
    answers.add(answer, asked)
    staged, _ = signed_quotes.read(answer.content, asked)
    return str(staged["quotes"][0]["resolution"]) if staged else "refused"


def _due_quotes(settings: Settings, *, clock: Clock) -> list[str]:
    """Those with the newest news first."""
    with _known(settings, "enrich.due_quotes", clock=clock) as connection:
        sql = "select quote_id from enrich.due_quotes order by delivered_at desc, quote_id"
        return [quote_id for (quote_id,) in connection.execute(sql).fetchall()]


@contextmanager
def _known(settings: Settings, wanted: str, *, clock: Clock) -> Iterator[duckdb.DuckDBPyConnection]:
    statuses = pa.table({"status": list(settings.enrich_statuses)}, schema=STATUSES_SCHEMA)
    too_long_ago = clock.now().replace(tzinfo=None) - timedelta(hours=settings.enrich_ttl_hours)
    with open_known(
        settings.layout,
        [wanted],
        handed_in={"enrich_statuses": statuses},
        variables={"asked_too_long_ago": too_long_ago},
    ) as connection:
        yield connection
