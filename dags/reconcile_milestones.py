"""### Compare changes at the API with webhook deliveries

Runs daily. Asks the API which sites changed in the last days, compares their milestones with the webhook deliveries,
and pulls those that are missing; they are landed, loaded and published like deliveries. Coverage, the share of changed
milestones whose webhook arrived, is in `ops.coverage` and in Airflow's metrics as `sighten.coverage`. Live work goes
first in the API's budget. The task is skipped if no API is configured.
"""

from airflow.sdk import task

from sighten_airflow.api_tasks import NOT_CONFIGURED, api_settings, is_not_configured, report_result
from sighten_airflow.dag_defaults import DAILY, DAYS_PARAM, LONG_TIMEOUT, Counts, days_param
from sighten_airflow.metrics import emit_coverage
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag


@sighten_dag(schedule=DAILY, params={"days": DAYS_PARAM})
def reconcile_milestones(tenant: Tenant) -> None:
    """Compare, pull what is missing, and measure coverage."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=tenant.api_pool, execution_timeout=LONG_TIMEOUT)
    def reconcile(params: dict[str, int] | None = None) -> Counts:
        from sighten_warehouse import reconcile

        with api_settings(tenant) as settings:
            result = emit_coverage(reconcile.reconcile(settings, days=days_param(params)), tenant.name)
            return report_result(result, answered=result.sites + result.pulled)

    reconcile()


reconcile_milestones()
