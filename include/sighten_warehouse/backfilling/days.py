"""What of each day of history is expected, landed and loaded, and how what is missing is brought in."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from sighten_warehouse.api_retries import Patience
from sighten_warehouse.clock import Clock
from sighten_warehouse.settings import Settings


@dataclass(frozen=True)
class DayPlan:
    """How many sites were last updated on that day (UTC), as the API lists them now, and how many of them are due."""

    day: date
    expected: int
    due: int


@dataclass(frozen=True)
class DayStatus:
    """How far one day of history has come, counted in sites; `expected` is the sum of landed, failed and missing.

    Args:
        day: the day of `site_last_updated`, UTC.
        expected: sites that the API listed for it.
        landed: of these, those of which all that REST tells is landed since their last update.
        loaded: of the landed ones, those that are loaded too.
        failed: those whose last attempt failed; `retry_failed` takes these.
        missing: those that were not tried since their last update.
        milestones: of the landed sites.
    """

    day: date
    expected: int
    landed: int
    loaded: int
    failed: int
    missing: int
    milestones: int


@dataclass(frozen=True)
class PullResult:
    """What one pull came to, counted in sites.

    Args:
        expected: sites that were asked for by their days.
        done_before: of these, those that were landed already: nothing was asked of them.
        landed: those that are landed now.
        failed: those that failed now; they are written down for `retry_failed`.
        left: those that were not tried, because the API or the user stopped it.
        milestones: landed with those sites.
        stopped: whether `stop` said so.
        problem: what the first failure was; None without any.
    """

    expected: int = 0
    done_before: int = 0
    landed: int = 0
    failed: int = 0
    left: int = 0
    milestones: int = 0
    stopped: bool = False
    problem: str | None = None

    @property
    def is_to_be_looked_at(self) -> bool:
        """Whether something is not done."""
        return bool(self.failed or self.left)


Tell = Callable[[PullResult], None]


def plan_days(  # noqa: PLR0913  (what is asked for, and what a test passes in)
    settings: Settings,
    first: date,
    last: date,
    *,
    sites: Collection[str] = (),
    clock: Clock | None = None,
    patience: Patience | None = None,
) -> list[DayPlan]:
    """Ask the API for its sites, land that list, and tell how many belong to each day from first to last, both included.

    The list is asked for once, however many days there are. `sites` limits it to these.

    Raises:
        SettingError: the API's address or the token is missing.
        ApiUnavailableError: there was no usable answer.
        FatalError: the API asks for somebody to act, as by 401 and 403.
    """
    raise NotImplementedError


def pull_day(  # noqa: PLR0913
    settings: Settings,
    day: date,
    *,
    sites: Collection[str] = (),
    clock: Clock | None = None,
    patience: Patience | None = None,
    tell: Tell = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> PullResult:
    """Land all that REST tells of the sites of that day, but for those landed since their last update.

    Asks for the list of sites only if none was landed since that day ended. Days may be pulled in any order and side by
    side, in as many processes as one likes: whatever they ask goes by the one budget, after live calls.

    Raises:
        SettingError, ApiUnavailableError, FatalError: as `plan_days`.
        StorageError: the disk refused; what was landed before stays.
    """
    raise NotImplementedError


def pull_days(  # noqa: PLR0913
    settings: Settings,
    first: date,
    last: date,
    *,
    sites: Collection[str] = (),
    clock: Clock | None = None,
    patience: Patience | None = None,
    tell: Tell = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> PullResult:
    """As `pull_day`, for all days from first to last, the earliest first."""
    raise NotImplementedError


def retry_failed(
    settings: Settings,
    *,
    clock: Clock | None = None,
    patience: Patience | None = None,
    tell: Tell = lambda _: None,
    stop: Callable[[], bool] = lambda: False,
) -> PullResult:
    """As `pull_day`, for the sites whose last attempt failed, whatever their day."""
    raise NotImplementedError


def status(settings: Settings, *, clock: Clock | None = None) -> list[DayStatus]:
    """Every day for which a site was listed, the earliest first; told from landing and lake, so it asks nothing."""
    raise NotImplementedError
