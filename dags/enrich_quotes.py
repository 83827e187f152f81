"""### Get signed quotes and DAL values from Sighten's API

Starts after each commit, and every five minutes to catch a lost asset event and to repeat what is due. Asks which quote
is signed now, then gets the configured metrics of that quote. Answers land like deliveries, so
`sighten_load_milestones` and `sighten_publish_warehouse` follow; if nothing is due, nothing lands. An API that is down
delays no delivery. The task is skipped if no API is configured.
"""

from airflow.sdk import AssetOrTimeSchedule, task

from sighten_airflow.api_tasks import NOT_CONFIGURED, api_settings, is_not_configured, report_result
from sighten_airflow.dag_defaults import LIVE_PRIORITY, LONG_TIMEOUT, SWEEP, Counts
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag


@sighten_dag(schedule=lambda tenant: AssetOrTimeSchedule(assets=[tenant.history], timetable=SWEEP))
def enrich_quotes(tenant: Tenant) -> None:
    """Get what is due for the quotes in history."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=tenant.api_pool, inlets=[tenant.history], priority_weight=LIVE_PRIORITY, execution_timeout=LONG_TIMEOUT)
    def enrich() -> Counts:
        from sighten_warehouse import enrich

        with api_settings(tenant) as settings:
            result = enrich.enrich(settings)
            return report_result(result, answered=result.asked + result.pulled)

    enrich()


enrich_quotes()
