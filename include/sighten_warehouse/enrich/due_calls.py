"""Makes the calls that are due; those of deliveries that are loaded meanwhile come before a long backlog."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import TypeVar

from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.collect import AnswerCollector, run_concurrently
from sighten_warehouse.api.errors import RefusedCallError
from sighten_warehouse.enrich.dal_pulls import Pull, Puller, pulls_of
from sighten_warehouse.enrich.due import due_metrics, due_quotes, new_quotes
from sighten_warehouse.errors import TransientError
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import Manifest, commit_files, commits, read_manifest
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers import signed_quotes
from sighten_warehouse.payload.answers.dal_config import DalObject
from sighten_warehouse.querying import awaits_publish
from sighten_warehouse.settings import Settings

SIGNED_QUOTE_PATH = "/api/data/workflow/"
CALLS_BETWEEN_LOOKS = 5  # at the default rate, one second
UNPUBLISHED_SECONDS = 5.0  # so long, new deliveries may wait for their publish, after which a look is cheap

Task = TypeVar("Task")


@dataclass
class CallCounts:
    """Counts the outcomes of the due calls of one kind; `problem` is the first reason for a call without an answer."""

    due: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    problem: str | None = None

    def count(self, outcome: str | TransientError) -> None:
        """Count one more outcome."""
        if isinstance(outcome, TransientError):
            self.problem = self.problem or str(outcome)
        else:
            self.outcomes[outcome] += 1

    @property
    def left(self) -> int:
        """Number of due calls without an answer."""
        return self.due - self.outcomes.total()


@dataclass
class DueCalls:
    """Asks about quotes, then pulls metrics by the signed ones; tries each call once, until `is_stopping`."""

    settings: Settings
    objects: tuple[DalObject, ...]
    client: ApiClient
    answers: AnswerCollector
    as_of: datetime
    is_stopping: Callable[[], bool]
    quotes: CallCounts = field(default_factory=CallCounts)
    pulls: CallCounts = field(default_factory=CallCounts)

    def __post_init__(self) -> None:
        self._puller = Puller(self.objects, client=self.client, answers=self.answers)
        self._asked: set[str] = set()
        self._pulled: set[Pull] = set()
        self._commits = set(commit_files(self.settings.layout))  # those of the last look
        self._delivered: list[Manifest] = []  # loads of deliveries whose quotes were not looked at yet
        self._delivered_at: float | None = None

    @property
    def refused_metrics(self) -> tuple[str, ...]:
        """The metrics that the API refused, as `object.metric`."""
        return self._puller.refused

    def make(self) -> None:
        """Make all calls; whenever deliveries were loaded meanwhile, find again what is due, the newest first."""
        while self._ask() or self._pull():
            pass

    def _ask(self) -> bool:
        """Ask about the due quotes, new ones first; return whether that stopped because deliveries were loaded."""
        self._begin_look()
        due = due_quotes(self.settings, as_of=self.as_of)
        return self._run(due, self._resolve, tried=self._asked, counts=self.quotes, loaded=self._new_quotes)

    def _pull(self) -> bool:
        """Pull the due metrics; return whether that stopped because deliveries were loaded."""
        if not self.objects:
            return False
        self._begin_look()
        due = due_metrics(self.settings, self.objects, as_of=self.as_of)
        return self._run(pulls_of(due, self.objects), self._make_pull, tried=self._pulled, counts=self.pulls)

    def _run(
        self,
        due: Sequence[Task],
        call: Callable[[Task], str],
        *,
        tried: set[Task],
        counts: CallCounts,
        loaded: Callable[[], Sequence[Task]] = tuple,
    ) -> bool:
        waiting = deque(task for task in due if task not in tried)
        counts.due = len(tried) + len(waiting)
        were_delivered = False

        def until_delivered() -> Iterator[Task]:
            nonlocal were_delivered
            made = 0
            while waiting and not self.is_stopping():
                task = waiting.popleft()
                if task in tried:
                    continue
                tried.add(task)
                yield task
                made += 1
                if made % CALLS_BETWEEN_LOOKS == 0:
                    were_delivered = self._were_delivered()
                    if were_delivered:
                        return
                    if first := [task for task in loaded() if task not in tried]:
                        waiting.extendleft(reversed(first))
                        counts.due = len(tried.union(waiting))

        for outcome in run_concurrently(until_delivered(), call, threads=self.settings.api_concurrency):
            counts.count(outcome)
        self.answers.land()  # what is due next follows from them
        return were_delivered

    def _begin_look(self) -> None:
        self._commits = set(commit_files(self.settings.layout))
        self._delivered, self._delivered_at = [], None

    def _new_quotes(self) -> list[str]:
        """The quotes of deliveries loaded since this was last asked that no published delivery names."""
        loads, self._delivered = self._delivered, []
        return new_quotes(self.settings, loads) if loads else []

    def _were_delivered(self) -> bool:
        """Whether deliveries were loaded since the last look, and are published or have waited long enough for that.

        Commits of API answers only do not count.
        """
        new = set(commit_files(self.settings.layout)) - self._commits
        self._commits |= new
        delivered = [load for load in map(read_manifest, new) if load.history_files.get("snapshots")]
        if delivered:
            self._delivered += delivered
            self._delivered_at = self._delivered_at or monotonic()
        if self._delivered_at is None:
            return False
        lake = resolve_lake(self.settings.layout)
        has_waited = monotonic() - self._delivered_at >= UNPUBLISHED_SECONDS
        return has_waited or not awaits_publish(lake, commits(lake))

    def _resolve(self, quote_id: str) -> str:
        """Land the API's answer about the signed quote and return its resolution, or `refused`."""
        try:
            answer = self.client.get(SIGNED_QUOTE_PATH, query={"metrics": signed_quotes.METRIC, "quote_id": quote_id})
        except RefusedCallError as error:
            answer = error.answer
        request = ApiRequest(purpose="signed_quote", target=answer.target, status=answer.status, quote_id=quote_id)
        self.answers.add(answer, request)
        staged, _ = signed_quotes.read(answer.content, request)
        return str(staged["quotes"][0]["resolution"]) if staged else "refused"

    def _make_pull(self, pull: Pull) -> str:
        return "pulled" if self._puller.pull(pull) else "left_out"
