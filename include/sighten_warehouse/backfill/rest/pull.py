"""Pulls sites concurrently: lands their milestones, records failures, and gives up after too many in a row."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import structlog

from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.collect import AnswerCollector, collecting_answers, run_concurrently
from sighten_warehouse.backfill.rest.failures import Failure, failures, forget_failure, note_failure
from sighten_warehouse.backfill.rest.listed_sites import ListedSite, ListedSites
from sighten_warehouse.backfill.rest.results import PullResult
from sighten_warehouse.backfill.rest.walk import SiteOutcome, Walker
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import TransientError, WarehouseError
from sighten_warehouse.settings import Settings

log = structlog.get_logger()
OnProgress = Callable[[PullResult], None]

LAND_EVERY_S = 10.0
MAX_FAILURES_IN_A_ROW = 25  # more means that the problem is not the sites


@dataclass(frozen=True)
class Caller:
    """The callbacks of a pull: `on_progress` gets interim results, `stop` ends the pull when it returns true."""

    on_progress: OnProgress = lambda _: None
    stop: Callable[[], bool] = lambda: False


def pull_sites(  # noqa: PLR0913  (the sites, and the dependencies)
    settings: Settings,
    sites: Sequence[ListedSite],
    *,
    known: ListedSites,
    client: ApiClient,
    clock: Clock,
    caller: Caller,
) -> PullResult:
    """Land the milestones of these sites, except sites landed since their last update.

    Raises:
        FatalError: somebody must act; what was landed before stays.
        StorageError: the disk refused a write.
    """
    due = [site for site in sites if not site.is_landed]
    run = _Run(settings, clock, caller, failures(settings.layout), PullResult(len(sites), len(sites) - len(due)))
    caller.on_progress(run.result)
    with collecting_answers(settings.layout.landing) as answers:
        walker = Walker(client, answers, clock=clock, known=known, stop=caller.stop)
        for outcome in run_concurrently(run.remaining(due), walker.walk, threads=settings.api_concurrency):
            run.count(outcome)
            run.land_periodically(answers)
    result = run.finish(due=len(due))
    log.info("pulled", **{name: getattr(result, name) for name in ("expected", "landed", "failed", "left")})
    return result


@dataclass
class _Run:
    settings: Settings
    clock: Clock
    caller: Caller
    failed_before: dict[str, Failure]
    result: PullResult
    _failures_in_a_row: int = 0
    _landed_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._landed_at = self.clock.monotonic()

    def remaining(self, due: Sequence[ListedSite]) -> Iterator[ListedSite]:
        """Yield the due sites until the caller stops the pull or too many sites fail in a row."""
        for site in due:
            if self.caller.stop():
                self.result = replace(self.result, stopped=True)
                return
            if self._failures_in_a_row >= MAX_FAILURES_IN_A_ROW:
                log.error("gave_up", failures=self._failures_in_a_row)
                return
            yield site

    def land_periodically(self, answers: AnswerCollector) -> None:
        """Land the answers every 10 s, so that a crash loses little work."""
        now = self.clock.monotonic()
        if now - self._landed_at >= LAND_EVERY_S:
            answers.land()
            self._landed_at = now

    def count(self, outcome: SiteOutcome | TransientError) -> None:
        """Add the outcome of a site to the result; a transient error here (open circuit) is not the site's failure."""
        if isinstance(outcome, TransientError):
            self.result = replace(self.result, problem=self.result.problem or str(outcome))
        elif outcome.error is not None:
            self._fail(outcome.site, outcome.error)
        elif outcome.is_stopped:
            self.result = replace(self.result, stopped=True)
        else:
            self._failures_in_a_row = 0
            forget_failure(self.settings.layout, outcome.site)
            milestones = self.result.milestones + outcome.milestones
            self.result = replace(self.result, landed=self.result.landed + 1, milestones=milestones)
        self.caller.on_progress(self.result)

    def _fail(self, site: ListedSite, error: WarehouseError) -> None:
        self._failures_in_a_row += 1
        previous = self.failed_before.get(site.site_id)
        attempts = previous.attempts + 1 if previous else 1
        note_failure(self.settings.layout, site, error, attempts=attempts, now=self.clock.now())
        log.warning("site_failed", error=type(error).__name__, attempts=attempts)
        self.result = replace(self.result, failed=self.result.failed + 1, problem=self.result.problem or str(error))

    def finish(self, *, due: int) -> PullResult:
        """Return the result; due sites without an outcome are left."""
        return replace(self.result, left=due - self.result.landed - self.result.failed)
