"""Reads Iceberg tables by Apache Spark with Apache Iceberg's own library; writes a line for each row.

For the Python of `.venv/iceberg-spark`, whose Spark is the one that the library is for. Arguments: a folder of tables,
one for the answers.
"""

import sys
from importlib.resources import files
from pathlib import Path

from pyspark.sql import SparkSession

JARS = files("feature_store_pyspark") / "jars"  # the packages there begin with `smfs.shaded`
ICEBERG = "smfs.shaded.org.apache.iceberg.spark.source.IcebergSource"
OPENED = ("java.lang", "java.lang.invoke", "java.nio", "java.util", "sun.nio.ch")  # what Spark 3.3 needs of Java 17


def main() -> None:
    tables, answers = map(Path, sys.argv[1:])
    opened = " ".join(f"--add-opens=java.base/{name}=ALL-UNNAMED" for name in OPENED)
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.jars", ",".join(map(str, JARS.iterdir())))
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.extraJavaOptions", opened)
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.iceberg.handle-timestamp-without-timezone", "true")
        .getOrCreate()
    )
    for table in tables.iterdir():
        newest = max((table / "metadata").glob("*.metadata.json"))
        rows = session.read.format(ICEBERG).load(str(newest)).collect()
        lines = sorted(str(row.asDict()) for row in rows)
        (answers / table.name).write_text("\n".join(lines))
    session.stop()


if __name__ == "__main__":
    main()
