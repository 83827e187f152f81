"""### Publish the warehouse on a Spark cluster

An example to copy into your own DAGs folder; pause `sighten_publish_warehouse` then. It needs the provider
`apache-airflow-providers-apache-spark` and its connection `spark_default`, which names the master.
"""

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.sdk import dag

from sighten_airflow.assets import HISTORY, WAREHOUSE
from sighten_airflow.pools import WRITER_POOL


@dag("publish_on_spark", schedule=[HISTORY], max_active_runs=1, doc_md=__doc__)
def publish_on_spark() -> None:
    """Publish after each load."""
    SparkSubmitOperator(
        task_id="publish",
        conn_id="spark_default",
        deploy_mode="client",  # the driver commits, and writes the published file
        application="/opt/sighten-warehouse/deploy/spark/run_on_spark.py",
        application_args=["publish", "--engine", "spark"],
        pool=WRITER_POOL.name,
        inlets=[HISTORY],
        outlets=[WAREHOUSE],
    )


publish_on_spark()
