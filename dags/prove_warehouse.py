"""### Make the warehouse anew from all history, once a day

Publishes compute only what new deliveries touch. This run makes every table anew, compares the rows with those that the
publishes gave, and swaps the new version in. `sighten-warehouse status` shows whether they were equal.
"""

from airflow.sdk import dag, task

from sighten_airflow.assets import WAREHOUSE
from sighten_airflow.dag_defaults import DAG_DEFAULTS, NIGHTLY, WRITER_POOL, Counts, dag_docs
from sighten_warehouse.settings import read_settings


@dag(schedule=NIGHTLY, **dag_docs(__doc__), **DAG_DEFAULTS)
def prove_warehouse() -> None:
    """Make the newest version anew, and compare."""

    @task(pool=WRITER_POOL, outlets=[WAREHOUSE])
    def prove() -> Counts:
        from sighten_warehouse import publish

        version = publish.prove(read_settings())
        return {"version": version.version, "differing": list(version.differing or ())}

    prove()


prove_warehouse()
