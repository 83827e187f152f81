"""What all DAGs share: defaults, schedules, parameters and documentation."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param
from airflow.sdk.exceptions import AirflowFailException
from pydantic import JsonValue

from sighten_airflow.failures import CALLBACKS

LIVE_PRIORITY = 10  # priority_weight of API tasks for today's deliveries; a backfill has Airflow's default of 1
# A task that takes longer hangs: it is ended and tried again, and goes on where it was.
TIMEOUT = timedelta(hours=2)
WATCH_TIMEOUT = timedelta(minutes=4)  # the next check comes after five
LONG_TIMEOUT = timedelta(hours=12)  # for what reads all history, or waits for the API's rate limit
# Finds what a lost asset event missed. Without run_immediately=0 a new DAG would start with a run on empty data.
SWEEP = CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=timedelta(0))
# Between the sweeps, so that it does not wait for their workers.
WATCH = CronTriggerTimetable("3-59/5 * * * *", timezone="UTC", run_immediately=timedelta(0))
# Before the nightly proof, which then reads few files.
BEFORE_NIGHTLY = CronTriggerTimetable("47 2 * * *", timezone="UTC", run_immediately=timedelta(0))
NIGHTLY = CronTriggerTimetable("17 3 * * *", timezone="UTC", run_immediately=timedelta(0))
# Of the days after Monday, each finds what the one before has not sent.
MORNING = CronTriggerTimetable("37 5 * * *", timezone="UTC", run_immediately=timedelta(0))
DAILY = CronTriggerTimetable("17 5 * * *", timezone="UTC", run_immediately=timedelta(0))
DAYS_PARAM = Param(
    7,
    type="integer",
    minimum=0,
    title="Days",
    description="Compare sites that changed in the last N days, and in any case since the last run.",
)

Counts = JsonValue  # a task's XCom, for people to read; Airflow would split a `dict` into one XCom per key

DAG_DEFAULTS: dict[str, Any] = {
    "catchup": False,  # each run takes everything pending, so a missed run needs no replacement
    "max_active_runs": 1,
    # A backfill would be many runs with nothing to do, so Airflow's UI does not offer one.
    "allowed_run_types": ["scheduled", "asset_triggered", "manual", "operator_triggered", "asset_materialization"],
    "tags": ["sighten"],
    "default_args": {
        "owner": "sighten-warehouse",
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
        "execution_timeout": TIMEOUT,
        **CALLBACKS,
    },
}


def dag_docs(doc: str | None) -> dict[str, Any]:
    """A DAG's documentation, and its title as the description in Airflow's list of DAGs."""
    text = doc or ""
    return {"doc_md": text, "description": text.partition("\n")[0].removeprefix("### ")}


def days_param(params: Mapping[str, int] | None) -> int:
    """The value of `DAYS_PARAM` in a run.

    Raises:
        AirflowFailException: the run has another parameter, or not this one.
    """
    given = dict(params or {})
    if given.keys() != {"days"}:
        raise AirflowFailException(f"parameters: expected only days (got {', '.join(given) or 'none'})")
    return given["days"]
