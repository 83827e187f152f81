"""### Download documents into the vault

Starts after each commit, and every five minutes to catch a lost asset event and to retry. Downloads the documents that
are due and lands each result like a delivery, so `sighten_load_milestones` and `sighten_publish_warehouse` follow. An
API that is down delays no delivery. The task is skipped if no API is configured.
"""

from airflow.sdk import AssetOrTimeSchedule, task

from sighten_airflow.api_tasks import NOT_CONFIGURED, api_settings, is_not_configured, report_result
from sighten_airflow.dag_defaults import LIVE_PRIORITY, LONG_TIMEOUT, SWEEP, Counts
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag


@sighten_dag(schedule=lambda tenant: AssetOrTimeSchedule(assets=[tenant.history], timetable=SWEEP))
def download_documents(tenant: Tenant) -> None:
    """Download the documents that history names."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=tenant.api_pool, inlets=[tenant.history], priority_weight=LIVE_PRIORITY, execution_timeout=LONG_TIMEOUT)
    def download() -> Counts:
        from sighten_warehouse import documents

        with api_settings(tenant) as settings:
            result = documents.download_documents(settings)
            return report_result(result, answered=result.due - result.left)

    download()


download_documents()
