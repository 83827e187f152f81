"""Reads Iceberg tables by Spark's own client from Sail, an engine that answers as Spark does; writes them as Arrow.

For the Python of `.venv/sail`, since Sail wants an earlier client. Arguments: a folder of tables, one for the answers.
"""

import sys
from pathlib import Path

import pyarrow.feather
from pysail.spark import SparkConnectServer
from pyspark.sql import SparkSession


def main() -> None:
    tables, answers = map(Path, sys.argv[1:])
    server = SparkConnectServer("127.0.0.1", 0)
    server.start(background=True)
    _, port = server.listening_address
    session = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").getOrCreate()
    for table in tables.iterdir():
        rows = session.read.format("iceberg").load(str(table)).toArrow()
        pyarrow.feather.write_feather(rows, answers / f"{table.name}.arrow")
    session.stop()
    server.stop()


if __name__ == "__main__":
    main()
