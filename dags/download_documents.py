"""### Download documents into the vault

Starts after each commit, and every five minutes to catch a lost asset event and to retry. Downloads the documents that
are due and lands each result like a delivery, so `sighten_load_milestones` and `sighten_publish_warehouse` follow. An
API that is down delays no delivery. The task is skipped if no API is configured.
"""

from airflow.sdk import AssetOrTimeSchedule, dag, task

from sighten_airflow.api_tasks import NOT_CONFIGURED, api_settings, is_not_configured, report_result
from sighten_airflow.assets import HISTORY
from sighten_airflow.dag_defaults import API_POOL, DAG_DEFAULTS, LIVE_PRIORITY, LONG_TIMEOUT, SWEEP, Counts, dag_docs


@dag(
    "sighten_download_documents",
    schedule=AssetOrTimeSchedule(assets=[HISTORY], timetable=SWEEP),
    **dag_docs(__doc__),
    **DAG_DEFAULTS,
)
def download_documents() -> None:
    """Download the documents that history names."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=API_POOL, inlets=[HISTORY], priority_weight=LIVE_PRIORITY, execution_timeout=LONG_TIMEOUT)
    def download() -> Counts:
        from sighten_warehouse import documents

        with api_settings() as settings:
            result = documents.download_documents(settings)
            return report_result(result, answered=result.due - result.left)

    download()


download_documents()
