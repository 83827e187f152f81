"""### Make the warehouse anew from all history, once a day

Publishes compute only what new deliveries touch. This run makes every table anew, compares the rows with those that the
publishes gave, and swaps the new version in. The run fails if they differed; `sighten-warehouse status` shows it too.
"""

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowFailException

from sighten_airflow.assets import HISTORY, WAREHOUSE, announce_version
from sighten_airflow.dag_defaults import DAG_DEFAULTS, LONG_TIMEOUT, NIGHTLY, WRITER_POOL, dag_docs
from sighten_warehouse.settings import read_settings


@dag("sighten_prove_warehouse", schedule=NIGHTLY, **dag_docs(__doc__), **DAG_DEFAULTS)
def prove_warehouse() -> None:
    """Make the newest version anew, and compare."""

    @task(pool=WRITER_POOL, inlets=[HISTORY], outlets=[WAREHOUSE], execution_timeout=LONG_TIMEOUT)
    def prove() -> list[str]:
        from sighten_warehouse import publish

        version = publish.prove(read_settings())
        announce_version(version)
        return list(version.differing or ())

    # Apart, so that the new version is announced even if the run fails.
    @task
    def compare(differing: list[str]) -> None:
        if differing:
            raise AirflowFailException(f"updates gave other rows of {', '.join(differing)}; these are mended")

    compare(prove())  # type: ignore[arg-type]  # Airflow passes the result, not the task


prove_warehouse()
