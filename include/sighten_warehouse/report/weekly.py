"""The data of the weekly e-mail: the last full week beside those before it, and what waits now; always masked."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sighten_warehouse.report.dataset import freshness
from sighten_warehouse.report.source import ReportSource
from sighten_warehouse.settings import Settings

WEEKS = 6
MONTHS = 6
MOST_LISTED = 5
Row = dict[str, Any]


@dataclass(frozen=True)
class Weekly:
    """One week of one home. `weeks` ends with the week reported on; the others are the rows of `sql/report`."""

    home: str
    weeks: list[Row]
    overview: Row
    months: list[Row]
    pending: list[Row]
    tasks: list[Row]
    freshness: Row

    @property
    def first_day(self) -> date:
        """The Monday of the week reported on."""
        first: date = self.weeks[-1]["week"]
        return first

    @property
    def last_day(self) -> date:
        """Its Sunday."""
        return self.first_day + timedelta(days=6)


def last_full_week(today: date) -> date:
    """The Monday of the last week that is over."""
    return today - timedelta(days=today.weekday() + 7)


def read_weekly(settings: Settings, *, today: date) -> Weekly:
    """The week before that of `today`, from the newest version, masked whatever SIGHTEN_PII is.

    Raises:
        NotPublishedError: nothing is published.
        ModelError: the version was published by incompatible code.
    """
    last = last_full_week(today)
    with ReportSource(settings.layout.warehouse_file, pii="masked") as source:
        (overview,) = source.table("overview").to_pylist()
        return Weekly(
            home=f"{settings.tenant} {settings.env}" if settings.tenant else settings.env,
            weeks=source.table("weeks", first_week=last - timedelta(weeks=WEEKS - 1), last_week=last).to_pylist(),
            overview=overview,
            months=source.table("months", most=MONTHS).to_pylist(),
            pending=source.table("longest_pending", most=MOST_LISTED).to_pylist(),
            tasks=source.table("last_open_tasks", most=MOST_LISTED).to_pylist(),
            freshness=freshness(source),
        )
