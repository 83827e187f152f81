"""The results of planning, pulling and checking days of history."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DayPlan:
    """The number of sites last updated on a day (UTC) by the current list, and how many of them are due.

    `day` is None for sites without a time of last update.
    """

    day: date | None
    expected: int
    due: int


@dataclass(frozen=True)
class DayStatus:
    """The progress of one day of history, counted in sites; `expected` is the sum of landed, failed and missing.

    Args:
        day: the day of `site_last_updated`, UTC; None for sites without it.
        expected: sites that the API listed for the day.
        landed: of these, sites landed completely since their last update.
        loaded: landed sites that are loaded too.
        failed: sites whose last attempt failed; `retry_failed` pulls these.
        missing: sites not tried since their last update.
        milestones: milestones of the landed sites.
    """

    day: date | None
    expected: int
    landed: int
    loaded: int
    failed: int
    missing: int
    milestones: int


@dataclass(frozen=True)
class PullResult:
    """The outcome of one pull, counted in sites.

    Args:
        expected: sites of the requested days.
        done_before: of these, sites that were landed already; no calls were made for them.
        landed: sites landed now.
        failed: sites that failed now; recorded for `retry_failed`.
        left: sites not finished because the API or the user stopped the pull.
        milestones: milestones of the sites landed now.
        stopped: whether `stop` ended the pull.
        problem: the first failure; None if there is none.
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
    def needs_attention(self) -> bool:
        """Whether a site failed or is left."""
        return bool(self.failed or self.left)
