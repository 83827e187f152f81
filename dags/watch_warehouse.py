"""### Look for problems and send alerts, every five minutes

Sends each problem to SIGHTEN_ALERTS once, and once more when it is over: silent webhooks, deliveries that are not
published, quarantine, drift, coverage, a refused API, a full disk, overdue maintenance, damaged files. The same list is
in `sighten-warehouse status`. Sends the numbers behind it to Airflow's metrics as `sighten.*`. It needs no slot of a
pool, so a hung publish does not stop it. The run fails if an alert could not be sent; the next one tries again.
"""

from airflow.sdk import dag, task

from sighten_airflow.dag_defaults import DAG_DEFAULTS, WATCH, WATCH_TIMEOUT, dag_docs
from sighten_airflow.watching import report_watched
from sighten_warehouse.settings import read_settings


@dag("sighten_watch_warehouse", schedule=WATCH, **dag_docs(__doc__), **DAG_DEFAULTS)
def watch_warehouse() -> None:
    """Look for problems."""

    @task(execution_timeout=WATCH_TIMEOUT)
    def watch() -> list[str]:
        from sighten_warehouse.ops.watch import watch as watch_home

        return report_watched(watch_home(read_settings()))

    watch()


watch_warehouse()
