"""### Check the published version, write its report and renew the Parquet

Starts after each publish, which does not wait for it. Checks the balance: every landed delivery has exactly one
outcome. The report is written beside the file. The plain Parquet is renewed once it is older than
SIGHTEN_PARQUET_EVERY, and registered in SIGHTEN_CATALOGS. If a task fails, the version stays.
"""

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag


@sighten_dag(schedule=lambda tenant: [tenant.warehouse])
def report_warehouse(tenant: Tenant) -> None:
    """Check the version, write its report and export it."""

    @task(inlets=[tenant.warehouse])
    def check_balance() -> None:
        from sighten_warehouse.ops.status import read_status

        status = read_status(tenant.settings(), recount=False)
        if not status.balanced:
            raise AirflowFailException(status.explain())

    @task(inlets=[tenant.warehouse])
    def write_report() -> str:
        from sighten_warehouse.publish.versions import pull_newest
        from sighten_warehouse.report import writing

        return str(writing.write_report(pull_newest(tenant.settings())))

    @task(inlets=[tenant.warehouse])
    def export_parquet() -> str | None:
        from sighten_warehouse import catalogs

        exported = catalogs.export_and_register(tenant.settings())
        return str(exported) if exported else None

    check_balance()
    write_report()
    export_parquet()


report_warehouse()
