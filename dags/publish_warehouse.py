"""### History becomes the warehouse that analysts open

Starts when something was committed, and every five minutes to find what a lost asset event missed. The new version is
swapped in by one rename; then the balance is checked: every delivery that landed has exactly one outcome. The report on
it is written beside it; should that fail, the version stays. Nothing new: nothing happens.
"""

from airflow.sdk import AssetOrTimeSchedule, Context, dag, task
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.assets import HISTORY
from sighten_airflow.dag_defaults import DAG_DEFAULTS, SWEEP, WRITER_POOL, Counts, described
from sighten_warehouse.settings import read_settings


def nothing_new(_: Context) -> bool:
    """Whether the published version already holds every commit."""
    from sighten_warehouse.publish.step import is_current

    return is_current(read_settings())


@dag(schedule=AssetOrTimeSchedule(assets=[HISTORY], timetable=SWEEP), **described(__doc__), **DAG_DEFAULTS)
def publish_warehouse() -> None:
    """The step from history to the published version, and its proof."""

    @task.skip_if(nothing_new, skip_message="the published version holds every commit")
    @task(pool=WRITER_POOL)
    def publish() -> Counts:
        from sighten_warehouse import publish

        version = publish.publish(read_settings())
        return {"version": version.version, "rows": version.tables}

    @task
    def check_balance() -> None:
        from sighten_warehouse.ops.status import read_status

        status = read_status(read_settings(), recount=False)
        if not status.balanced:
            raise AirflowFailException(status.explain())

    @task
    def write_report() -> str:
        from sighten_warehouse.report import writing

        return str(writing.write_report(read_settings()))

    publish() >> [check_balance(), write_report()]


publish_warehouse()
