"""### Landing files become history

Starts when the doorbell rings, and every five minutes to find what a lost ring missed. Each run takes all that is
pending when it starts, in at most eight batches: they are flattened side by side and committed together. What does not
fit, or lands meanwhile, is announced again. Nothing pending: nothing happens.
"""

from dataclasses import asdict

from airflow.sdk import AssetOrTimeSchedule, dag, task

from sighten_airflow.assets import HISTORY, LANDING
from sighten_airflow.dag_defaults import DAG_DEFAULTS, SWEEP, WRITER_POOL, Counts, described
from sighten_warehouse.settings import read_settings


@dag(schedule=AssetOrTimeSchedule(assets=[LANDING], timetable=SWEEP), **described(__doc__), **DAG_DEFAULTS)
def load_milestones() -> None:
    """The three steps from landing to history."""

    @task
    def plan_batches() -> list[str]:
        from sighten_warehouse import load

        return load.plan(read_settings(), max_batches=8)

    @task
    def flatten(batch_id: str) -> Counts:
        from sighten_warehouse import load

        return asdict(load.flatten(read_settings(), batch_id))

    @task(pool=WRITER_POOL, outlets=[HISTORY])
    def commit(batch_ids: list[str]) -> Counts:
        from sighten_warehouse import load

        return asdict(load.commit(read_settings(), batch_ids))

    batch_ids = plan_batches()
    flatten.expand(batch_id=batch_ids) >> commit(batch_ids)


load_milestones()
