"""### What changed against what was delivered

Once a day: asks the API which sites changed in the last days, compares their milestones with what the webhook
delivered, and pulls what is missing. What it learns is landed, loaded and published like everything else; the share of
changed milestones whose webhook came is then in `ops.coverage`, and as `sighten.coverage` in Airflow's metrics. Its
calls come after those of live work. Without an API to ask, the task is skipped.
"""

from airflow.sdk import dag, task

from sighten_airflow.api_tasks import NOT_CONFIGURED, asking, is_not_configured, tell
from sighten_airflow.backfill_runs import days_compared
from sighten_airflow.coverage_metrics import measured
from sighten_airflow.dag_defaults import API_POOL, DAG_DEFAULTS, DAILY, DAYS_COMPARED, Counts, described


@dag(schedule=DAILY, params={"days": DAYS_COMPARED}, **described(__doc__), **DAG_DEFAULTS)
def reconcile_milestones() -> None:
    """The step from what the API says changed to coverage."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=API_POOL)
    def reconcile(params: dict[str, int] | None = None) -> Counts:
        from sighten_warehouse import reconcile

        with asking() as settings:
            result = measured(reconcile.reconcile(settings, days=days_compared(params)))
            return tell(result, answered=result.sites + result.pulled)

    reconcile()


reconcile_milestones()
