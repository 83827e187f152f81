"""### Compare changes at the API with webhook deliveries

Runs daily. Asks the API which sites changed in the last days, compares their milestones with the webhook deliveries,
and pulls those that are missing; they are landed, loaded and published like deliveries. Coverage, the share of changed
milestones whose webhook arrived, is in `ops.coverage` and in Airflow's metrics as `sighten.coverage`. Live work goes
first in the API's budget. The task is skipped if no API is configured.
"""

from airflow.sdk import dag, task

from sighten_airflow.api_tasks import NOT_CONFIGURED, api_settings, is_not_configured, report_result
from sighten_airflow.dag_defaults import (
    API_POOL,
    DAG_DEFAULTS,
    DAILY,
    DAYS_PARAM,
    LONG_TIMEOUT,
    Counts,
    dag_docs,
    days_param,
)
from sighten_airflow.metrics import emit_coverage


@dag("sighten_reconcile_milestones", schedule=DAILY, params={"days": DAYS_PARAM}, **dag_docs(__doc__), **DAG_DEFAULTS)
def reconcile_milestones() -> None:
    """Compare, pull what is missing, and measure coverage."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=API_POOL, execution_timeout=LONG_TIMEOUT)
    def reconcile(params: dict[str, int] | None = None) -> Counts:
        from sighten_warehouse import reconcile

        with api_settings() as settings:
            result = emit_coverage(reconcile.reconcile(settings, days=days_param(params)))
            return report_result(result, answered=result.sites + result.pulled)

    reconcile()


reconcile_milestones()
