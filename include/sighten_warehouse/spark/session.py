"""Spark's session: opened for one command, on the master that the settings name."""

import os
import re
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import structlog

from sighten_warehouse.errors import SettingError, SparkError, requires_extra
from sighten_warehouse.remotes import remote_of
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

# What the models' SQL means follows from these, so no configuration of a cluster changes them.
SQL_SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.ansi.doubleQuotedIdentifiers": "true",
    "spark.sql.parquet.compression.codec": "zstd",
}
# On one machine: nothing listens but on loopback, and a shuffle has few parts.
LOCAL_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
}
LOCAL, REMOTE = "local", "sc://"
CONNECT_PORT = 15002
ALL_CORES = "local[*]"
OF_SPARK_SUBMIT = "PYSPARK_GATEWAY_PORT"  # in the environment of a program that spark-submit has started

Session = Any  # of `pyspark`, which is an extra


@contextmanager
def spark_session(settings: Settings) -> Iterator[Session]:
    """A session on the master of the settings; one that is open already is used, and stays open.

    Raises:
        SettingError: the extra `spark` or Java is missing.
        SparkError: Spark does not start there.
    """
    sql = _import_pyspark()
    active = sql.SparkSession.getActiveSession()
    session = active or _start(sql, settings.spark_master)
    for name, value in SQL_SETTINGS.items():
        session.conf.set(name, value)
    try:
        yield session
    finally:
        if active is None:
            session.stop()


@contextmanager
def engine_session(settings: Settings) -> Iterator[Session | None]:
    """A session if the engine is Spark, so that whatever is computed inside shares it; else None.

    Raises:
        SettingError, SparkError: as `spark_session`.
    """
    if settings.engine != "spark":
        yield None
        return
    if remote := remote_of(settings.layout.root):
        raise SettingError(f"SIGHTEN_HOME: {remote.url}: expected a folder that every executor of Spark reaches")
    with spark_session(settings) as session:
        yield session


@contextmanager
def explaining_spark(what: str) -> Iterator[None]:
    """Run Spark inside this context; what fails there becomes an error in words.

    Raises:
        SparkError: Spark, or a function that it ran, failed.
    """
    from py4j.protocol import Py4JError  # noqa: PLC0415  (of the extra)
    from pyspark.errors import PySparkException  # noqa: PLC0415

    try:
        yield
    except (PySparkException, Py4JError) as error:
        raise SparkError(f"{what} on Spark failed: {_reason(error)}; nothing was published. Try again") from error


def _import_pyspark() -> Any:
    with requires_extra("spark", by="the engine spark"):
        from pyspark import sql  # noqa: PLC0415  (an extra)
    return sql


def _start(sql: Any, master: str | None) -> Session:
    from py4j.protocol import Py4JError  # noqa: PLC0415  (of the extra)
    from pyspark.errors import PySparkException  # noqa: PLC0415

    builder = sql.SparkSession.builder.appName("sighten-warehouse")
    if master is None and OF_SPARK_SUBMIT not in os.environ:
        master = ALL_CORES
    if master is not None and master.startswith(REMOTE):
        _require_server(master)
        builder = builder.remote(master)
    elif master is not None:
        _require_java()
        # Executors run the same Python; where they have another path, PYSPARK_PYTHON names it.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = builder.master(master)
        if master.startswith(LOCAL):
            builder = builder.config(map=LOCAL_SETTINGS)
    try:
        session = builder.getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        where = master and master.partition(";")[0]  # without a token
        raise SparkError(f"{where}: Spark does not start there: {_reason(error)}") from error
    log.info("spark_started", master=(master or "spark-submit").partition(";")[0], version=session.version)
    return session


def _require_server(master: str) -> None:
    """Spark's client would try again for many minutes."""
    parts = urlsplit(master)
    try:
        socket.create_connection((parts.hostname or "", parts.port or CONNECT_PORT), timeout=10).close()
    except OSError as error:
        raise SparkError(f"{parts.hostname}:{parts.port}: no server of Spark Connect answers there: {error}") from error


def _require_java() -> None:
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=str(Path(home) / "bin") if home else None)
    if java is None:
        where = f"{home}/bin, where JAVA_HOME points to" if home else "PATH"
        raise SettingError(f"the engine spark needs Java 17 or later; there is no java in {where}")


def _reason(error: Exception) -> str:
    """The line of the error that says most: where a Python function failed, the last of its traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    tracebacks = [number for number, line in enumerate(lines) if line.startswith("Traceback")]
    if tracebacks:
        of_python = [line for line in lines[tracebacks[0] + 1 :] if not line.startswith(("at ", "File ", "^"))]
        named = [line for line in of_python if re.match(r"[\w.]+(Error|Exception|Exit|Interrupt)\b", line)]
        lines = named or lines
    return lines[0] if lines else type(error).__name__
