"""A standalone cluster of Spark on loopback: a master and workers, each a process of its own that can be killed."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.waiting import wait_until

SECONDS = 180
# Most of the time would go to planning and compiling for few rows.
FOR_FEW_ROWS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.shuffle.partitions": "2",
}
ON_LOOPBACK = {"spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1"}


@dataclass(frozen=True)
class Cluster:
    """A running cluster."""

    master: str
    workers: list[subprocess.Popen[bytes]]

    def kill(self, worker: int) -> None:
        """Kill a worker and its executors as the loss of a machine does."""
        os.killpg(self.workers[worker].pid, signal.SIGKILL)


def configuration(folder: Path) -> dict[str, str]:
    """The environment of a process of Spark, with its settings in a file of that folder."""
    settings = {**FOR_FEW_ROWS, **ON_LOOPBACK, "spark.ui.showConsoleProgress": "false"}
    (folder / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    return {
        "SPARK_CONF_DIR": str(folder),
        "SPARK_HOME": spark_home(),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
    }


@contextmanager
def standalone_cluster(folder: Path, *, workers: int) -> Iterator[Cluster]:
    """A cluster of that many workers with one core each; all of it ends with the context."""
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(
            _running(folder / "master.log", "deploy.master.Master", "--port", str(port), "--webui-port", "0")
        )
        wait_until(lambda: is_open(port), what="Spark's master", seconds=SECONDS)
        address = f"spark://127.0.0.1:{port}"
        options = ("--cores", "1", "--memory", "1g", "--webui-port", "0", address)
        started = [
            stack.enter_context(
                _running(folder / f"worker{n}.log", "deploy.worker.Worker", "-d", str(folder / f"worker{n}"), *options)
            )
            for n in range(workers)
        ]
        wait_until(
            lambda: (folder / "master.log").read_text().count("Registering worker") == workers,
            what="Spark's workers",
            seconds=SECONDS,
        )
        yield Cluster(address, started)


@contextmanager
def connect_server(folder: Path) -> Iterator[str]:
    """A server of Spark Connect on this machine; its address."""
    port = free_port()
    server = ("--master", "local[2]", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer")
    settings = (f"spark.connect.grpc.binding.port={port}", "spark.connect.grpc.binding.address=127.0.0.1")
    options = (option for setting in settings for option in ("--conf", setting))
    with _running(folder / "connect.log", "deploy.SparkSubmit", *server, *options, "spark-internal"):
        wait_until(lambda: is_open(port), what="the server of Spark Connect", seconds=SECONDS)
        yield f"sc://127.0.0.1:{port}"


@contextmanager
def _running(log: Path, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [f"{spark_home()}/bin/spark-class", f"org.apache.spark.{name}", *arguments]
    given = os.environ | configuration(log.parent)
    with log.open("wb") as file:
        # A session of its own, so that a kill reaches what it has started.
        process = subprocess.Popen(command, env=given, stdout=file, stderr=file, start_new_session=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def spark_home() -> str:
    import pyspark  # noqa: PLC0415  (in the environment of these tests only)

    return str(Path(pyspark.__file__).parent)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
