"""What makes Airflow's processes know the timetable of a backfill; Airflow imports this file in every process."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from sighten_airflow.timetable import DaysOfHistory


class SightenTimetable(AirflowPlugin):
    """The timetable, by its name."""

    name = "sighten_timetable"
    timetables: ClassVar[list[Any]] = [DaysOfHistory]
