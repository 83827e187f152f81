"""Pulls sites side by side: lands what REST tells of them, notes which failed, and stops where going on is no use."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import structlog

from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.collect import AnswerCollector, collecting_answers, run_concurrently
from sighten_warehouse.backfill.rest.failures import Failure, failures, forget_failure, note_failure
from sighten_warehouse.backfill.rest.listed_sites import ListedSite, ListedSites
from sighten_warehouse.backfill.rest.results import PullResult
from sighten_warehouse.backfill.rest.walk import Walked, Walker
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import TransientError, WarehouseError
from sighten_warehouse.settings import Settings

log = structlog.get_logger()
OnProgress = Callable[[PullResult], None]

LAND_EVERY_S = 10.0
MAX_FAILURES_IN_A_ROW = 25  # then it is not about the sites


@dataclass(frozen=True)
class Caller:
    """Who asked for a pull: is told how far it is, and may stop it."""

    on_progress: OnProgress = lambda _: None
    stop: Callable[[], bool] = lambda: False


def pull_sites(  # noqa: PLR0913  (what is asked for, and with what)
    settings: Settings,
    sites: Sequence[ListedSite],
    *,
    known: ListedSites,
    client: ApiClient,
    clock: Clock,
    caller: Caller,
) -> PullResult:
    """Land all that REST tells of those sites, but for those that are landed since their last update.

    Raises:
        FatalError: somebody must act; what was landed before stays.
        StorageError: the disk refused.
    """
    due = [site for site in sites if not site.is_landed]
    run = _Run(settings, clock, caller, failures(settings.layout), PullResult(len(sites), len(sites) - len(due)))
    caller.on_progress(run.result)
    with collecting_answers(settings.layout.landing) as answers:
        walker = Walker(client, answers, clock=clock, pulled=known.pulled, stop=caller.stop)
        for walked in run_concurrently(run.questions(due), walker.walk, threads=settings.api_concurrency):
            run.count(walked)
            run.land_now_and_then(answers)
    result = run.ended(due=len(due))
    log.info("pulled", **{name: getattr(result, name) for name in ("expected", "landed", "failed", "left")})
    return result


@dataclass
class _Run:
    settings: Settings
    clock: Clock
    caller: Caller
    failed_before: dict[str, Failure]
    result: PullResult
    _in_a_row: int = 0
    _landed_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._landed_at = self.clock.monotonic()

    def questions(self, due: Sequence[ListedSite]) -> Iterator[ListedSite]:
        """The sites, as long as it makes sense to go on."""
        for site in due:
            if self.caller.stop():
                self.result = replace(self.result, stopped=True)
                return
            if self._in_a_row >= MAX_FAILURES_IN_A_ROW:
                log.error("gave_up", failures=self._in_a_row)
                return
            yield site

    def land_now_and_then(self, answers: AnswerCollector) -> None:
        """A crash loses no more than some seconds of work."""
        now = self.clock.monotonic()
        if now - self._landed_at >= LAND_EVERY_S:
            answers.land()
            self._landed_at = now

    def count(self, walked: Walked | TransientError) -> None:
        """Take in what became of a site; a circuit that is open says nothing about it."""
        if isinstance(walked, TransientError):
            self.result = replace(self.result, problem=self.result.problem or str(walked))
        elif walked.error is not None:
            self._fail(walked.site, walked.error)
        elif walked.is_left:
            self.result = replace(self.result, stopped=True)
        else:
            self._in_a_row = 0
            forget_failure(self.settings.layout, walked.site)
            milestones = self.result.milestones + walked.milestones
            self.result = replace(self.result, landed=self.result.landed + 1, milestones=milestones)
        self.caller.on_progress(self.result)

    def _fail(self, site: ListedSite, error: WarehouseError) -> None:
        self._in_a_row += 1
        before = self.failed_before.get(site.site_id)
        attempts = before.attempts + 1 if before else 1
        note_failure(self.settings.layout, site, error, attempts=attempts, now=self.clock.now())
        log.warning("site_failed", error=type(error).__name__, attempts=attempts)
        self.result = replace(self.result, failed=self.result.failed + 1, problem=self.result.problem or str(error))

    def ended(self, *, due: int) -> PullResult:
        """The result, of which what has no outcome is left."""
        return replace(self.result, left=due - self.result.landed - self.result.failed)
