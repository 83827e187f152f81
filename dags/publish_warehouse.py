"""### Publish history as the warehouse file

Starts after each commit, and every five minutes to catch a lost asset event. One rename replaces the old version. Then
the run checks the balance: every landed delivery has exactly one outcome. The report is written beside the file; if
that fails, the new version stays. If nothing is new, the run does nothing.
"""

from airflow.sdk import AssetOrTimeSchedule, Context, dag, task
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.assets import HISTORY
from sighten_airflow.dag_defaults import DAG_DEFAULTS, SWEEP, WRITER_POOL, Counts, dag_docs
from sighten_warehouse.settings import read_settings


def nothing_new(_: Context) -> bool:
    """Whether the published version holds every commit."""
    from sighten_warehouse.publish import is_current

    return is_current(read_settings())


@dag(schedule=AssetOrTimeSchedule(assets=[HISTORY], timetable=SWEEP), **dag_docs(__doc__), **DAG_DEFAULTS)
def publish_warehouse() -> None:
    """Publish a new version, then check it and write the report."""

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
