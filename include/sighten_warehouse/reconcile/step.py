"""Reconcile: compares what the API says changed with what was delivered, and pulls what is missing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

import structlog

from sighten_warehouse.api.client import ApiClient, open_client
from sighten_warehouse.api.collect import collecting_answers, run_concurrently
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.backfill.rest.listed_sites import ListedSites, read_listed_sites
from sighten_warehouse.backfill.rest.pull import Caller, pull_sites
from sighten_warehouse.backfill.rest.results import PullResult
from sighten_warehouse.backfill.rest.site_list import land_site_list
from sighten_warehouse.backfill.rest.stopping import StoppableClock, StoppedError
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import CircuitOpenError, WarehouseError
from sighten_warehouse.locks import one_writer
from sighten_warehouse.reconcile.compare import (
    ChangedSite,
    Comparison,
    changed_sites,
    compare,
    first_compared,
    land_milestones,
)
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

DAYS = 7


@dataclass(frozen=True)
class ReconcileResult:
    """What was compared and what came of it.

    Args:
        since: the day from which on changes were compared.
        sites: sites that had changed and were compared now.
        changed: changes of milestones since that day of which a webhook was to come, whenever they were compared.
        delivered: of these, those whose webhook came.
        pulled: sites that were pulled now, since a change of theirs was not delivered.
        failed: sites that could not be compared or pulled; the next reconcile tries again.
        left: sites that were not tried, because the API gave no answers.
        undated: sites of which the API does not tell when they were updated, so that nothing can be compared.
        problem: what the first of these met; None without any.
    """

    since: date
    sites: int = 0
    changed: int = 0
    delivered: int = 0
    pulled: int = 0
    failed: int = 0
    left: int = 0
    undated: int = 0
    problem: str | None = None

    @property
    def coverage(self) -> float | None:
        """The share of changes whose webhook came, from 0 to 1; None where none was to come."""
        return self.delivered / self.changed if self.changed else None

    @property
    def needs_attention(self) -> bool:
        """Whether something is not done."""
        return bool(self.failed or self.left)


@dataclass
class _Tally:
    """What became of the sites that are compared, counted."""

    due: int
    done: int = 0
    failed: int = 0
    problem: str | None = None

    def count(self, error: WarehouseError | None) -> None:
        """A circuit that is open says nothing about the site."""
        if error is None:
            self.done += 1
            return
        self.problem = self.problem or str(error)
        if not isinstance(error, CircuitOpenError):
            self.failed += 1
            log.warning("site_not_compared", error=type(error).__name__)

    @property
    def left(self) -> int:
        return self.due - self.done - self.failed


def reconcile(
    settings: Settings,
    *,
    days: int = DAYS,
    clock: Clock | None = None,
    retry_policy: RetryPolicy | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> ReconcileResult:
    """Compare what changed in the last so many days, or since the last reconcile if that was longer ago.

    Answers are landed; coverage and what was pulled count once they are loaded. What was compared is not asked again
    until it changes, so a reconcile that was cut off goes on where it was. One process does this at a time, a second
    one waits; its calls come after live ones. Webhooks that are landed must be loaded to count.

    Raises:
        SettingError: the API's address or the token is missing.
        ApiUnavailableError: the list of sites could not be had.
        FatalError: the API asks for somebody to act, as by 401; what it answered before is landed.
        StorageError: the disk refused.
        StoppedError: `stop` said so; what was answered before is landed.
    """
    clock = StoppableClock(clock or Clock(), stop)
    with (
        open_client(settings, priority="backfill", clock=clock, retry_policy=retry_policy) as client,
        one_writer(settings.layout, "reconcile"),
    ):
        land_site_list(settings.layout, client, sites=())
        sites = changed_sites(settings, days=days, clock=clock)
        since = min([first_compared(days=days, clock=clock), *(site.compared_from for site in sites)])
        compared = _land_all_milestones(settings, sites, client=client, clock=clock)
        comparison = compare(settings, since=since)
        known = read_listed_sites(settings)
        pulled = _pull(settings, comparison, known, client=client, clock=clock)
    if pulled.stopped:
        raise StoppedError
    undated = sum(site.updated_at is None for site in known.sites)
    result = replace(_sum(since, compared, comparison, pulled), undated=undated)
    counts = {name: getattr(result, name) for name in ("sites", "changed", "delivered", "pulled", "failed", "left")}
    log.info("reconciled", **counts, coverage=result.coverage)
    return result


def _land_all_milestones(
    settings: Settings, sites: Sequence[ChangedSite], *, client: ApiClient, clock: Clock
) -> _Tally:
    tally = _Tally(len(sites))
    with collecting_answers(settings.layout.landing) as answers:
        ask = partial(land_milestones, client=client, answers=answers, clock=clock)
        for error in run_concurrently(sites, ask, threads=settings.api_concurrency):
            tally.count(error)
    return tally


def _pull(
    settings: Settings, comparison: Comparison, known: ListedSites, *, client: ApiClient, clock: Clock
) -> PullResult:
    """A site that was landed since it changed is not asked for again."""
    sites = [site for site in known.sites if site.site_id in comparison.sites_to_pull]
    return pull_sites(settings, sites, known=known, client=client, clock=clock, caller=Caller())


def _sum(since: datetime, compared: _Tally, comparison: Comparison, pulled: PullResult) -> ReconcileResult:
    return ReconcileResult(
        since=since.date(),
        sites=compared.done,
        changed=comparison.changed,
        delivered=comparison.delivered,
        pulled=pulled.landed,
        failed=compared.failed + pulled.failed,
        left=compared.left + pulled.left,
        problem=compared.problem or pulled.problem,
    )
