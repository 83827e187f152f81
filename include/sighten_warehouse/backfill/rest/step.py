"""Plans, pulls and checks days of history.

A site belongs to the day of its last update, UTC, by the newest list that names it. A site without one belongs to no
day; it is pulled only if it is named or `undated` is set.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day

from sighten_warehouse.api.client import ApiClient, open_client
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.backfill.rest.failures import failures
from sighten_warehouse.backfill.rest.listed_sites import ListedSite, ListedSites, read_listed_sites
from sighten_warehouse.backfill.rest.pull import Caller, OnProgress, pull_sites
from sighten_warehouse.backfill.rest.results import DayPlan, DayStatus, PullResult
from sighten_warehouse.backfill.rest.site_list import land_site_list
from sighten_warehouse.backfill.rest.stopping import StoppableClock, StoppedError
from sighten_warehouse.clock import Clock
from sighten_warehouse.locks import one_writer
from sighten_warehouse.settings import Settings

Choose = Callable[[ApiClient], tuple[ListedSites, list[ListedSite]]]

# Long, since live calls may take all slots for a while; a failing call still ends after its attempts.
RETRY_POLICY = RetryPolicy(total_s=3600.0)

__all__ = ["DayPlan", "DayStatus", "PullResult", "plan_days", "pull_day", "pull_days", "retry_failed", "status"]


def plan_days(  # noqa: PLR0913  (the days, and what a test passes in)
    settings: Settings,
    first: date,
    last: date,
    *,
    sites: Collection[str] = (),
    clock: Clock | None = None,
    retry_policy: RetryPolicy = RETRY_POLICY,
) -> list[DayPlan]:
    """Request and land the list of sites, and count the sites of each day from `first` to `last`, both included.

    `sites` limits the list to these. Days without sites are left out; sites without a day come last.

    Raises:
        SettingError: the API's address or token is missing.
        ApiUnavailableError: there was no usable answer.
        FatalError: somebody must act, as after 401 and 403.
    """
    with open_client(settings, priority="backfill", clock=clock, retry_policy=retry_policy) as client:
        land_site_list(settings.layout, client, sites=sites)
    found = _of_days(read_listed_sites(settings), first, last, sites, undated=True)
    return [
        DayPlan(day, len(day_sites), sum(not site.is_landed for site in day_sites)) for day, day_sites in _by_day(found)
    ]


def pull_day(  # noqa: PLR0913
    settings: Settings,
    day: date,
    *,
    sites: Collection[str] = (),
    clock: Clock | None = None,
    retry_policy: RetryPolicy = RETRY_POLICY,
    on_progress: OnProgress = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> PullResult:
    """Land the milestones of the sites of that day, except sites landed since their last update.

    Requests the list of sites only if none was landed since that day ended. Days may be pulled in any order and in
    several processes at once; they share one rate limit, and live calls go first.

    Raises:
        SettingError, ApiUnavailableError, FatalError: as `plan_days`.
        StorageError: the disk refused a write; what was landed before stays.
    """
    return pull_days(
        settings, day, day, sites=sites, clock=clock, retry_policy=retry_policy, on_progress=on_progress, stop=stop
    )


def pull_days(  # noqa: PLR0913
    settings: Settings,
    first: date,
    last: date,
    *,
    sites: Collection[str] = (),
    fresh_list: bool = False,
    undated: bool = False,
    clock: Clock | None = None,
    retry_policy: RetryPolicy = RETRY_POLICY,
    on_progress: OnProgress = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> PullResult:
    """As `pull_day`, for all days from `first` to `last`, the earliest first.

    `fresh_list` requests the list of sites again; `undated` adds sites without a day.
    """

    def choose(client: ApiClient) -> tuple[ListedSites, list[ListedSite]]:
        if fresh_list:
            land_site_list(settings.layout, client, sites=sites)
            known = read_listed_sites(settings)
        else:
            known = _listed_since(settings, datetime.combine(last + timedelta(days=1), time_of_day.min), sites, client)
        return known, _of_days(known, first, last, sites, undated=undated)

    return _pull(settings, choose, clock=clock, retry_policy=retry_policy, caller=Caller(on_progress, stop))


def retry_failed(
    settings: Settings,
    *,
    clock: Clock | None = None,
    retry_policy: RetryPolicy = RETRY_POLICY,
    on_progress: OnProgress = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> PullResult:
    """As `pull_day`, for the sites whose last attempt failed, whatever their day."""
    failed = failures(settings.layout)

    def choose(_: ApiClient) -> tuple[ListedSites, list[ListedSite]]:
        known = read_listed_sites(settings)
        return known, [site for site in known.sites if site.site_id in failed and not site.is_landed]

    return _pull(settings, choose, clock=clock, retry_policy=retry_policy, caller=Caller(on_progress, stop))


def status(settings: Settings) -> list[DayStatus]:
    """Return the progress of every day with listed sites, sites without a day last; makes no calls."""
    failed = failures(settings.layout)
    return [_status_of(day, found, failed) for day, found in _by_day(read_listed_sites(settings).sites)]


def _by_day(sites: Iterable[ListedSite]) -> list[tuple[date | None, list[ListedSite]]]:
    """Group sites by day, the earliest first, those without a day last."""
    days: dict[date | None, list[ListedSite]] = defaultdict(list)
    for site in sites:
        days[site.day].append(site)
    return sorted(days.items(), key=lambda item: item[0] or date.max)


def _pull(
    settings: Settings, choose: Choose, *, clock: Clock | None, retry_policy: RetryPolicy, caller: Caller
) -> PullResult:
    """Pull the sites that `choose` returns; the caller may stop it, also while it waits."""
    clock = StoppableClock(clock or Clock(), caller.stop)
    with open_client(settings, priority="backfill", clock=clock, retry_policy=retry_policy) as client:
        try:
            known, sites = choose(client)
        except StoppedError:
            return PullResult(stopped=True)
        return pull_sites(settings, sites, known=known, client=client, clock=clock, caller=caller)


def _status_of(day: date | None, sites: Sequence[ListedSite], failed: Collection[str]) -> DayStatus:
    landed = [site for site in sites if site.is_landed]
    failures_of_day = sum(not site.is_landed and site.site_id in failed for site in sites)
    return DayStatus(
        day,
        expected=len(sites),
        landed=len(landed),
        loaded=sum(site.is_loaded for site in landed),
        failed=failures_of_day,
        missing=len(sites) - len(landed) - failures_of_day,
        milestones=sum(site.milestones or 0 for site in landed),
    )


def _of_days(known: ListedSites, first: date, last: date, sites: Collection[str], *, undated: bool) -> list[ListedSite]:
    named = [site for site in known.sites if not sites or site.site_id in sites]
    return [site for site in named if (first <= site.day <= last if site.day else undated or bool(sites))]


def _listed_since(settings: Settings, moment: datetime, sites: Collection[str], client: ApiClient) -> ListedSites:
    """The sites by a list of that moment or later; if many processes need a new list, one requests it."""
    known = read_listed_sites(settings)
    if _is_listed(known, moment, sites):
        return known
    with one_writer(settings.layout, "site_list"):
        known = read_listed_sites(settings)
        if _is_listed(known, moment, sites):
            return known
        land_site_list(settings.layout, client, sites=sites)
    return read_listed_sites(settings)


def _is_listed(known: ListedSites, moment: datetime, sites: Collection[str]) -> bool:
    if known.listed_at is not None and known.listed_at >= moment:
        return True
    listed = {site.site_id for site in known.sites if site.listed_at >= moment}
    return bool(sites) and set(sites) <= listed
