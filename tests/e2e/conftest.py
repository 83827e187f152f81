"""One stack that runs for all end-to-end tests: a real receiver, a real scheduler, real HTTP between them."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from running_stack import MILESTONES, PAST, REPOSITORY, RunningStack

from devstack.process_marks import find_marked
from devstack.waiting import wait_until
from sighten_warehouse.settings import read_settings

START_SECONDS = 600  # a quarter of a minute on a machine of its own, minutes on one that others use too
STOP_SECONDS = 60


def make_environment(folder: Path) -> dict[str, str]:
    """An environment for a stack of its own: its files below that folder, on free ports."""
    airflow, receiver, simulator = map(str, free_ports(3))
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SIGHTEN_", "STACK_"))}
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
    """A stack after its first publish; at the end it must stop well and leave nothing running."""
    folder = tmp_path_factory.mktemp("a stack")
    environment = make_environment(folder)
    settings = read_settings({"SIGHTEN_HOME": environment["SIGHTEN_HOME"]})
    ports = ("SIGHTEN_RECEIVER_PORT", "STACK_SIMULATOR_PORT", "STACK_AIRFLOW_PORT")
    urls = [f"http://127.0.0.1:{environment[name]}" for name in ports]
    output = folder / "output.txt"
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
            lambda: "serving" in output.read_text() or process.poll() is not None,
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


def free_ports(count: int) -> list[int]:
    with ExitStack() as sockets:
        taken = [sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in taken:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in taken]
