"""One stack for all end-to-end tests: a real receiver, a real scheduler, real HTTP between them."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devstack.postgres import Postgres
from devstack.process_marks import find_marked
from devstack.waiting import wait_until
from sighten_warehouse.settings import read_settings
from support.running_stack import MILESTONES, PAST, REPOSITORY, RunningStack

START_SECONDS = 600  # 15 s on an idle machine, minutes on a busy one
STOP_SECONDS = 60


def make_environment(folder: Path) -> dict[str, str]:
    """The environment of a separate stack, with its files in that folder and on free ports."""
    airflow, receiver, simulator = map(str, free_ports(3))
    ours = ("SIGHTEN_", "STACK_", "AIRFLOW_")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return inherited | {
        "SIGHTEN_HOME": str(folder / "data"),
        "SIGHTEN_RECEIVER_PORT": receiver,
        "STACK_HOME": str(folder / "airflow"),
        "STACK_AIRFLOW_PORT": airflow,
        "STACK_SIMULATOR_PORT": simulator,
    }


@pytest.fixture
def stack_environment(tmp_path: Path) -> dict[str, str]:
    return make_environment(tmp_path)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """A stack after its first publish; at the end it must exit with 0 and leave no process."""
    folder = tmp_path_factory.mktemp("a stack")
    environment = make_environment(folder)
    settings = read_settings({"SIGHTEN_HOME": environment["SIGHTEN_HOME"]})
    ports = ("SIGHTEN_RECEIVER_PORT", "STACK_SIMULATOR_PORT", "STACK_AIRFLOW_PORT")
    urls = [f"http://127.0.0.1:{environment[name]}" for name in ports]
    output = folder / "output.txt"
    own_dags = Path(environment["STACK_HOME"], "dags")
    own_dags.mkdir(parents=True)
    shutil.copy(REPOSITORY / "docs/on_each_version.py", own_dags)
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "devstack", "--milestones", str(MILESTONES), "--past", str(PAST)],
            cwd=REPOSITORY,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        wait_until(
            lambda: "serves until Ctrl-C" in output.read_text() or process.poll() is not None,
            what="the first publish",
            seconds=START_SECONDS,
        )
        assert process.poll() is None, output.read_text()
        yield RunningStack(process, Path(environment["STACK_HOME"]), settings, *urls, output)
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
    assert 0 == process.returncode, output.read_text()
    assert [] == find_marked(environment["STACK_HOME"])
    assert not Postgres(Path(environment["STACK_HOME"])).sockets.exists()


def free_ports(count: int) -> list[int]:
    with ExitStack() as sockets:
        taken = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for listener in taken:
            listener.bind(("127.0.0.1", 0))
        return [listener.getsockname()[1] for listener in taken]
