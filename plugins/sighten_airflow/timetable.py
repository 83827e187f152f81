"""The timetable of a backfill: one run for each day of history, and none that begins by itself."""

from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable
from pendulum import DateTime


class DaysOfHistory(CronDataIntervalTimetable):
    """Days (UTC) with a data interval, for Airflow's own backfill alone; to be used with `catchup=False`.

    A run that the scheduler began by itself would have nothing to do that webhooks and reconcile do not do. And it
    would do harm: a backfill passes over days for which there is a run already.
    """

    def __init__(self, cron: str = "0 0 * * *", timezone: str = "UTC") -> None:
        super().__init__(cron, timezone)
        self.description = "the days that a backfill asks for, and none besides"

    @property
    def summary(self) -> str:
        """What Airflow's UI shows as the schedule."""
        return "by backfill"

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next day; none without catchup, with which Airflow asks for the days of a backfill."""
        if not restriction.catchup:
            return None
        return super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )

    def infer_manual_data_interval(self, *, run_after: DateTime) -> DataInterval:
        """The day in which the logical date lies that somebody gave by hand, as a backfill has it."""
        start = self._align_to_prev(run_after)
        return DataInterval(start=start, end=self._get_next(start))
