"""### Load landing files into history

Starts when the doorbell fires, and every five minutes to catch a lost event. What fits into one batch is loaded by one
task. More is taken in at most eight batches, which are flattened in parallel and committed together; the rest is left
to the next run. If nothing is pending, the run does nothing.
"""

from dataclasses import asdict

from airflow.sdk import AssetOrTimeSchedule, Context, TriggerRule, dag, task

from sighten_airflow.assets import HISTORY, LANDING
from sighten_airflow.dag_defaults import DAG_DEFAULTS, SWEEP, WRITER_POOL, Counts, dag_docs
from sighten_warehouse.settings import read_settings


def is_not_one_batch(_: Context) -> bool:
    """Whether nothing is pending, or more than one batch."""
    from sighten_warehouse import load

    return not load.is_one_batch(read_settings())


@dag(
    "sighten_load_milestones",
    schedule=AssetOrTimeSchedule(assets=[LANDING], timetable=SWEEP),
    **dag_docs(__doc__),
    **DAG_DEFAULTS,
)
def load_milestones() -> None:
    """Load one batch, or plan several, flatten each, commit all."""

    @task.skip_if(is_not_one_batch, skip_message="nothing is pending, or more than one batch")
    @task(pool=WRITER_POOL, inlets=[LANDING], outlets=[HISTORY])
    def load_one_batch() -> Counts:
        from sighten_warehouse import load

        return asdict(load.load(read_settings()))

    @task(trigger_rule=TriggerRule.ALL_SKIPPED)
    def plan_batches() -> list[str]:
        from sighten_warehouse import load

        return load.plan(read_settings(), max_batches=8)

    @task
    def flatten(batch_id: str) -> Counts:
        from sighten_warehouse import load

        return asdict(load.flatten(read_settings(), batch_id))

    @task(pool=WRITER_POOL, inlets=[LANDING], outlets=[HISTORY])
    def commit(batch_ids: list[str]) -> Counts:
        from sighten_warehouse import load

        return asdict(load.commit(read_settings(), batch_ids))

    batch_ids = plan_batches()
    load_one_batch() >> batch_ids
    flatten.expand(batch_id=batch_ids) >> commit(batch_ids)  # type: ignore[arg-type]  # Airflow passes the result


load_milestones()
