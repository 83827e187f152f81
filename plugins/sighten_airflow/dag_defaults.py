"""What all DAGs share: how they are described, owner, retries, tags, the sweep and the pools."""

from datetime import timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param
from pydantic import JsonValue

WRITER_POOL = "sighten_writer"  # one slot: whoever commits or publishes is alone, backfills included
# Few slots, so that an API that is slow or down leaves room for loading: the two live tasks, and one that takes long.
API_POOL = "sighten_api"
LIVE = 10  # the priority_weight of what asks about deliveries of today; a backfill has Airflow's own, which is 1
# Finds what a lost asset event missed. A new DAG would otherwise begin with a run of its own, before anything is there.
SWEEP = CronTriggerTimetable("*/5 * * * *", timezone="UTC", run_immediately=timedelta(0))
DAILY = CronTriggerTimetable("17 5 * * *", timezone="UTC", run_immediately=timedelta(0))
DAYS_COMPARED = Param(
    7,
    type="integer",
    minimum=0,
    title="Days",
    description="Compares the sites that changed in so many days until now, and in any case all since the last run.",
)

Counts = JsonValue  # what a task hands on for people to read; Airflow would spread a `dict` over one XCom a key

DAG_DEFAULTS: dict[str, Any] = {
    "catchup": False,  # each run takes all that is pending: a missed one needs no other
    "max_active_runs": 1,
    # A backfill would be many runs that find nothing to do; so Airflow's UI offers none.
    "allowed_run_types": ["scheduled", "asset_triggered", "manual", "operator_triggered", "asset_materialization"],
    "tags": ["sighten"],
    "default_args": {
        "owner": "sighten-warehouse",
        "retries": 2,
        "retry_delay": timedelta(seconds=10),
    },
}


def described(doc: str | None) -> dict[str, str]:
    """The documentation of a DAG, and its title as what Airflow's list of DAGs says of it."""
    text = doc or ""
    return {"doc_md": text, "description": text.partition("\n")[0].removeprefix("### ")}
