"""### Load landing files into history

Starts when the doorbell fires, and every five minutes to catch a lost event. What fits into one batch is loaded by one
task. More is taken in at most eight batches, which are flattened in parallel and committed together; the rest is left
to the next run. If nothing is pending, the run does nothing.
"""

from dataclasses import asdict

from airflow.sdk import AssetOrTimeSchedule, Context, TriggerRule, task

from sighten_airflow.dag_defaults import SWEEP, Counts
from sighten_airflow.tenant import Tenant, settings_of
from sighten_airflow.tenant_dags import sighten_dag


def is_not_one_batch(context: Context) -> bool:
    """Whether nothing is pending, or more than one batch."""
    from sighten_warehouse import load

    return not load.is_one_batch(settings_of(context))


@sighten_dag(schedule=lambda tenant: AssetOrTimeSchedule(assets=[tenant.landing], timetable=SWEEP))
def load_milestones(tenant: Tenant) -> None:
    """Load one batch, or plan several, flatten each, commit all."""

    @task.skip_if(is_not_one_batch, skip_message="nothing is pending, or more than one batch")
    @task(pool=tenant.writer_pool, inlets=[tenant.landing], outlets=[tenant.history])
    def load_one_batch() -> Counts:
        from sighten_warehouse import load

        return asdict(load.load(tenant.settings()))

    @task(trigger_rule=TriggerRule.ALL_SKIPPED)
    def plan_batches() -> list[str]:
        from sighten_warehouse import load

        return load.plan(tenant.settings(), max_batches=8)

    @task
    def flatten(batch_id: str) -> Counts:
        from sighten_warehouse import load

        return asdict(load.flatten(tenant.settings(), batch_id))

    @task(pool=tenant.writer_pool, inlets=[tenant.landing], outlets=[tenant.history])
    def commit(batch_ids: list[str]) -> Counts:
        from sighten_warehouse import load

        return asdict(load.commit(tenant.settings(), batch_ids))

    batch_ids = plan_batches()
    load_one_batch() >> batch_ids
    flatten.expand(batch_id=batch_ids) >> commit(batch_ids)  # type: ignore[arg-type]  # Airflow passes the result


load_milestones()
