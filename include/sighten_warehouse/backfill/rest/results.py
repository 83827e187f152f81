"""What a plan, a pull and a look at the days of history come to."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class DayPlan:
    """How many sites were last updated on that day (UTC), as the API lists them now, and how many of them are due.

    `day` is None for those of which the list tells no time.
    """

    day: date | None
    expected: int
    due: int


@dataclass(frozen=True)
class DayStatus:
    """How far one day of history has come, counted in sites; `expected` is the sum of landed, failed and missing.

    Args:
        day: the day of `site_last_updated`, UTC; None for sites of which no list tells it.
        expected: sites that the API listed for it.
        landed: of these, those of which all that REST tells is landed since their last update.
        loaded: of the landed ones, those that are loaded too.
        failed: those whose last attempt failed; `retry_failed` takes these.
        missing: those that were not tried since their last update.
        milestones: of the landed sites.
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
    """What one pull came to, counted in sites.

    Args:
        expected: sites that were asked for by their days.
        done_before: of these, those that were landed already: nothing was asked of them.
        landed: those that are landed now.
        failed: those that failed now; they are written down for `retry_failed`.
        left: those that were not tried to the end, because the API or the user stopped it.
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
    def needs_attention(self) -> bool:
        """Whether something is not done."""
        return bool(self.failed or self.left)
