"""### What only Sighten's API knows of quotes

Starts when something was committed, and every five minutes to find what a lost asset event missed and what is to be
asked again. Asks which quote is signed now, and by that one for the configured values. Answers are landed like
deliveries, so `load_milestones` and `publish_warehouse` follow by themselves; once nothing is due, nothing lands. An
API that is down delays nothing that was delivered. Without an API to ask, the task is skipped.
"""

from airflow.sdk import AssetOrTimeSchedule, dag, task

from sighten_airflow.api_tasks import NOT_CONFIGURED, asking, is_not_configured, tell
from sighten_airflow.assets import HISTORY
from sighten_airflow.dag_defaults import API_POOL, DAG_DEFAULTS, LIVE, SWEEP, Counts, described


@dag(schedule=AssetOrTimeSchedule(assets=[HISTORY], timetable=SWEEP), **described(__doc__), **DAG_DEFAULTS)
def enrich_quotes() -> None:
    """The step from history to answers about quotes."""

    @task.skip_if(is_not_configured, skip_message=NOT_CONFIGURED)
    @task(pool=API_POOL, priority_weight=LIVE)
    def enrich() -> Counts:
        from sighten_warehouse import enrich

        with asking() as settings:
            result = enrich.enrich(settings)
            return tell(result, answered=result.asked + result.pulled)

    enrich()


enrich_quotes()
