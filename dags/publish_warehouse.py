"""### Publish history as the warehouse file

Starts after each commit, and every five minutes to catch a lost asset event. One rename replaces the old version. If
nothing is new, the run does nothing. The event of the asset `sighten_warehouse` has the version and its row counts;
`sighten_report_warehouse` and your own DAGs start on it.
"""

from airflow.sdk import AssetOrTimeSchedule, Context, task

from sighten_airflow.announcing import announce_version
from sighten_airflow.dag_defaults import SWEEP, Counts
from sighten_airflow.tenant import Tenant, settings_of
from sighten_airflow.tenant_dags import sighten_dag


def nothing_new(context: Context) -> bool:
    """Whether the published version holds every commit."""
    from sighten_warehouse.publish import is_current

    return is_current(settings_of(context))


@sighten_dag(schedule=lambda tenant: AssetOrTimeSchedule(assets=[tenant.history], timetable=SWEEP))
def publish_warehouse(tenant: Tenant) -> None:
    """Publish a new version."""

    @task.skip_if(nothing_new, skip_message="the published version holds every commit")
    @task(pool=tenant.writer_pool, inlets=[tenant.history], outlets=[tenant.warehouse])
    def publish() -> Counts:
        from sighten_warehouse import publish

        return announce_version(publish.publish(tenant.settings()), tenant)

    publish()


publish_warehouse()
