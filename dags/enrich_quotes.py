"""### Get signed quotes and DAL values from Sighten's API

Starts after each commit, and every five minutes to catch a lost asset event and to repeat what is due. Asks which quote
is signed now, then gets the configured metrics of that quote. Answers land like deliveries, so
`sighten_load_milestones` and `sighten_publish_warehouse` follow; if nothing is due, nothing lands. An API that is down
delays no delivery. The task is skipped if no API is configured.
"""

from airflow.sdk import AssetOrTimeSchedule, dag, task

from sighten_airflow.api_tasks import NOT_CONFIGURED, api_settings, is_not_configured, report_result
from sighten_airflow.assets import HISTORY
from sighten_airflow.dag_defaults import API_POOL, DAG_DEFAULTS, LIVE_PRIORITY, LONG_TIMEOUT, SWEEP, Counts, dag_docs


@dag(
    "sighten_enrich_quotes",
    schedule=AssetOrTimeSchedule(assets=[HISTORY], timetable=SWEEP),
    **dag_docs(__doc__),
    **DAG_DEFAULTS,
)
def enrich_quotes() -> None:
    """Get what is due for the quotes in history."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=API_POOL, inlets=[HISTORY], priority_weight=LIVE_PRIORITY, execution_timeout=LONG_TIMEOUT)
    def enrich() -> Counts:
        from sighten_warehouse import enrich

        with api_settings() as settings:
            result = enrich.enrich(settings)
            return report_result(result, answered=result.asked + result.pulled)

    enrich()


enrich_quotes()
