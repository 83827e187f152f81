"""The timetable for backfills: one run per day of history, and no scheduled runs."""

from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable
from pendulum import DateTime


class DaysOfHistory(CronDataIntervalTimetable):
    """Days (UTC) as data intervals, only for Airflow's backfill; use it with `catchup=False`.

    A scheduled run would repeat what webhooks and reconcile do. It would also hide its day from backfills, which skip
    days that have a run.
    """

    def __init__(self, cron: str = "0 0 * * *", timezone: str = "UTC") -> None:
        super().__init__(cron, timezone)
        self.description = "one run for each day of a backfill, no scheduled runs"

    @property
    def summary(self) -> str:
        """The schedule in Airflow's UI."""
        return "by backfill"

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next day with catchup, which is how Airflow asks for the days of a backfill; none without.

        Airflow names a run after `run_after`, so that is the day itself, and not the next one.
        """
        if not restriction.catchup:
            return None
        info = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        return info and info.data_interval and info._replace(run_after=info.data_interval.start)

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """The day that holds the logical date of a manual run, with the same interval as in a backfill."""
        start = self._align_to_prev(run_after)
        return DataInterval(start=start, end=self._get_next(start))
