"""### Make the warehouse anew from all history, once a day

Publishes compute only what new deliveries touch. This run makes every table anew, compares the rows with those that the
publishes gave, and swaps the new version in. The run fails if they differed; `sighten-warehouse status` shows it too.
"""

from airflow.sdk import task
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.announcing import announce_version
from sighten_airflow.dag_defaults import LONG_TIMEOUT, NIGHTLY
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag


@sighten_dag(schedule=NIGHTLY)
def prove_warehouse(tenant: Tenant) -> None:
    """Make the newest version anew, and compare."""

    @task(pool=tenant.writer_pool, inlets=[tenant.history], outlets=[tenant.warehouse], execution_timeout=LONG_TIMEOUT)
    def prove() -> list[str]:
        from sighten_warehouse import publish

        version = publish.prove(tenant.settings())
        announce_version(version, tenant)
        return list(version.differing or ())

    # Apart, so that the new version is announced even if the run fails.
    @task
    def compare(differing: list[str]) -> None:
        if differing:
            raise AirflowFailException(f"updates gave other rows of {', '.join(differing)}; these are mended")

    compare(prove())  # type: ignore[arg-type]  # Airflow passes the result, not the task


prove_warehouse()
