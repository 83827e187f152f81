"""### Look for problems and send alerts, every five minutes

Sends each problem to SIGHTEN_ALERTS once, and once more when it is over: silent webhooks, deliveries that are not
published, quarantine, drift, coverage, a refused API, a full disk, overdue maintenance, damaged files. The same list is
in `sighten-warehouse status`. Sends the numbers behind it to Airflow's metrics as `sighten.*`. It needs no slot of a
pool, so a hung publish does not stop it. The run fails if an alert could not be sent; the next one tries again.
"""

from airflow.sdk import task

from sighten_airflow.dag_defaults import WATCH, WATCH_TIMEOUT
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag
from sighten_airflow.watching import report_watched


@sighten_dag(schedule=WATCH)
def watch_warehouse(tenant: Tenant) -> None:
    """Look for problems."""

    @task(pool=None, execution_timeout=WATCH_TIMEOUT)  # not that of the tenant, which may be full
    def watch() -> list[str]:
        from sighten_warehouse.ops.watch import watch as watch_home

        return report_watched(watch_home(tenant.settings()), tenant.name)

    watch()


watch_warehouse()
