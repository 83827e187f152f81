"""Registers the backfill timetable; every Airflow process imports this file."""

from typing import Any, ClassVar

from airflow.plugins_manager import AirflowPlugin

from sighten_airflow.timetable import DaysOfHistory


class SightenTimetable(AirflowPlugin):
    """The registered timetable."""

    name = "sighten_timetable"
    timetables: ClassVar[list[Any]] = [DaysOfHistory]
