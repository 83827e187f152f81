"""### Publish history as the warehouse file

Starts after each commit, and every five minutes to catch a lost asset event. One rename replaces the old version. If
nothing is new, the run does nothing. The event of the asset `sighten_warehouse` has the version and its row counts;
`sighten_report_warehouse` and your own DAGs start on it.
"""

from airflow.sdk import AssetOrTimeSchedule, Context, dag, task

from sighten_airflow.assets import HISTORY, WAREHOUSE, announce_version
from sighten_airflow.dag_defaults import DAG_DEFAULTS, SWEEP, WRITER_POOL, Counts, dag_docs
from sighten_warehouse.settings import read_settings


def nothing_new(_: Context) -> bool:
    """Whether the published version holds every commit."""
    from sighten_warehouse.publish import is_current

    return is_current(read_settings())


@dag(
    "sighten_publish_warehouse",
    schedule=AssetOrTimeSchedule(assets=[HISTORY], timetable=SWEEP),
    **dag_docs(__doc__),
    **DAG_DEFAULTS,
)
def publish_warehouse() -> None:
    """Publish a new version."""

    @task.skip_if(nothing_new, skip_message="the published version holds every commit")
    @task(pool=WRITER_POOL, inlets=[HISTORY], outlets=[WAREHOUSE])
    def publish() -> Counts:
        from sighten_warehouse import publish

        return announce_version(publish.publish(read_settings()))

    publish()


publish_warehouse()
