"""Compares what changed at the API with what was delivered, and pulls what is missing."""

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
    """The outcome of one reconcile.

    Args:
        since: the first day whose changes were compared.
        sites: changed sites that were compared now.
        changed: changes since that day that should have sent a webhook, compared now or before.
        delivered: of these, changes whose webhook was delivered.
        pulled: sites pulled now because a change was not delivered.
        failed: sites that could not be compared or pulled; the next reconcile tries again.
        left: sites not tried because the API gave no answers.
        undated: sites without a time of last update at the API; these cannot be compared.
        problem: the first error; None if there is none.
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
        """The share of changes whose webhook was delivered, from 0 to 1; None without changes."""
        return self.delivered / self.changed if self.changed else None

    @property
    def needs_attention(self) -> bool:
        """Whether a site failed or is left."""
        return bool(self.failed or self.left)


@dataclass
class _SiteCounts:
    """Counts the outcomes of the sites to compare."""

    due: int
    done: int = 0
    failed: int = 0
    problem: str | None = None

    def count(self, error: WarehouseError | None) -> None:
        """Count a site as done or failed; an open circuit is not the site's failure."""
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
    """Compare what changed in the last `days` days, or since the last reconcile if that is longer.

    Answers are landed and count once they are loaded, as do webhooks. A compared site is not requested again until it
    changes, so an interrupted reconcile continues where it stopped. One process at a time does this; a second one
    waits. Live calls go first.

    Raises:
        SettingError: the API's address or token is missing.
        ApiUnavailableError: the API did not return the list of sites.
        FatalError: somebody must act, as after 401; earlier answers are landed.
        StorageError: the disk refused a write.
        StoppedError: `stop` returned true; earlier answers are landed.
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
    result = replace(_summarize(since, compared, comparison, pulled), undated=undated)
    counts = {name: getattr(result, name) for name in ("sites", "changed", "delivered", "pulled", "failed", "left")}
    log.info("reconciled", **counts, coverage=result.coverage)
    return result


def _land_all_milestones(
    settings: Settings, sites: Sequence[ChangedSite], *, client: ApiClient, clock: Clock
) -> _SiteCounts:
    counts = _SiteCounts(len(sites))
    with collecting_answers(settings.layout.landing) as answers:
        land = partial(land_milestones, client=client, answers=answers, clock=clock)
        for error in run_concurrently(sites, land, threads=settings.api_concurrency):
            counts.count(error)
    return counts


def _pull(
    settings: Settings, comparison: Comparison, known: ListedSites, *, client: ApiClient, clock: Clock
) -> PullResult:
    """Pull the sites with undelivered changes, except those landed since."""
    sites = [site for site in known.sites if site.site_id in comparison.sites_to_pull]
    return pull_sites(settings, sites, known=known, client=client, clock=clock, caller=Caller())


def _summarize(since: datetime, compared: _SiteCounts, comparison: Comparison, pulled: PullResult) -> ReconcileResult:
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
