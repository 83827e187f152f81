"""### Documents into the vault

Starts when something was committed, and every five minutes to find what a lost asset event missed and what is to be
tried again. Downloads what is not in the vault yet; what came of each document is landed like a delivery, so
`load_milestones` and `publish_warehouse` follow by themselves. An API that is down delays nothing
that was delivered. Without an API to ask, the task is skipped.
"""

from airflow.sdk import AssetOrTimeSchedule, dag, task

from sighten_airflow.api_tasks import NOT_CONFIGURED, asking, is_not_configured, tell
from sighten_airflow.assets import HISTORY
from sighten_airflow.dag_defaults import API_POOL, DAG_DEFAULTS, LIVE, SWEEP, Counts, described


@dag(schedule=AssetOrTimeSchedule(assets=[HISTORY], timetable=SWEEP), **described(__doc__), **DAG_DEFAULTS)
def download_documents() -> None:
    """The step from history to the vault."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=API_POOL, priority_weight=LIVE)
    def download() -> Counts:
        from sighten_warehouse import documents

        with asking() as settings:
            result = documents.download_documents(settings)
            return tell(result, answered=result.due - result.left)

    download()


download_documents()
