"""### Check the published version, write its report and renew the Parquet

Starts after each publish, which does not wait for it. Checks the balance: every landed delivery has exactly one
outcome. The report is written beside the file. The plain Parquet is renewed once it is older than
SIGHTEN_PARQUET_EVERY, and registered in SIGHTEN_CATALOGS. If a task fails, the version stays.
"""

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.assets import WAREHOUSE
from sighten_airflow.dag_defaults import DAG_DEFAULTS, dag_docs
from sighten_warehouse.settings import read_settings


@dag("sighten_report_warehouse", schedule=[WAREHOUSE], **dag_docs(__doc__), **DAG_DEFAULTS)
def report_warehouse() -> None:
    """Check the version, write its report and export it."""

    @task(inlets=[WAREHOUSE])
    def check_balance() -> None:
        from sighten_warehouse.ops.status import read_status

        status = read_status(read_settings(), recount=False)
        if not status.balanced:
            raise AirflowFailException(status.explain())

    @task(inlets=[WAREHOUSE])
    def write_report() -> str:
        from sighten_warehouse.publish.versions import pull_newest
        from sighten_warehouse.report import writing

        return str(writing.write_report(pull_newest(read_settings())))

    @task(inlets=[WAREHOUSE])
    def export_parquet() -> str | None:
        from sighten_warehouse import catalogs

        exported = catalogs.export_and_register(read_settings())
        return str(exported) if exported else None

    check_balance()
    write_report()
    export_parquet()


report_warehouse()
