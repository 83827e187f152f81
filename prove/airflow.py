"""A life under Airflow, as `make run` starts it: its scheduler, its other processes and its tasks are killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from random import Random

import psutil  # type: ignore[import-untyped]

from devstack.process_marks import find_marked, part_mark
from devstack.steps import MAX_RESTARTS
from devstack.waiting import DeadlineError, wait_until
from prove.at_random import Limits
from prove.checks import check_all
from prove.figures import Figures
from prove.home import Home
from prove.life import free_ports
from prove.machine_clock import MachineClock
from prove.sender import Acknowledged, Sender, plan_for, sending
from prove.steps import Operator
from sighten_warehouse.ops.status import read_status

REPOSITORY = Path(__file__).resolve().parents[1]
PARTS = ("scheduler", "dag-processor", "triggerer", "api-server", "receive")
STARTS_WITHIN_S, PUBLISHES_WITHIN_S, STOPS_WITHIN_S = 900.0, 900.0, 120.0
BETWEEN_S = 5.0
API_SETTINGS = ("SIGHTEN_API_URL", "SIGHTEN_API_TOKEN", "SIGHTEN_API_RATE")  # the stack simulates its own
SERVES = "serves until Ctrl-C"


def live_under_airflow(folder: Path, *, seed: int, limits: Limits, clock: MachineClock) -> Figures:
    """Start the stack below the folder, kill its processes while webhooks come in, and check that all is published."""
    figures = Figures(lives=1, seeds=[seed])
    folder.mkdir()
    random = Random(seed)
    started = time.monotonic()
    home = Home(folder, is_mounted=False, api_url="http://127.0.0.1:9")
    receiver, airflow, simulator = free_ports(random, 3)
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SIGHTEN_", "AIRFLOW_"))}
    env |= {name: value for name, value in home.env.items() if name not in API_SETTINGS}
    env |= {"STACK_HOME": str(folder / "airflow"), "STACK_AIRFLOW_PORT": str(airflow)}
    env |= {"SIGHTEN_RECEIVER_PORT": str(receiver), "STACK_SIMULATOR_PORT": str(simulator)}
    acknowledged = Acknowledged(folder / "acknowledged")
    output = folder / "devstack.log"
    with output.open("wb") as file:
        command = [sys.executable, "-m", "devstack", "--milestones", "3", "--past", "0"]
        stack = subprocess.Popen(command, cwd=REPOSITORY, env=env, stdout=file, stderr=subprocess.STDOUT)
    sender = Sender(home, receiver, plan_for(seed, 10), acknowledged, clock)
    try:
        wait_until(lambda: SERVES in output.read_text(), what="the first publish", seconds=STARTS_WITHIN_S)
        with sending([sender]):
            _kill_some(folder / "airflow", random, figures, limits)
        wait_until(lambda: _is_published(home), what="all of it published by Airflow alone", seconds=PUBLISHES_WITHIN_S)
        figures.count("healed", "Airflow, started again by the stack")
    except DeadlineError as error:
        figures.breaks("Airflow goes on after a kill", str(error), output)
    finally:
        stack.send_signal(signal.SIGTERM)
        stack.wait(STOPS_WITHIN_S)
    check_all(Operator(home, folder), acknowledged, figures)
    figures.sent_again = sender.refused
    figures.seconds = time.monotonic() - started
    if not figures.broken:
        shutil.rmtree(folder)
    return figures


def _kill_some(stack: Path, random: Random, figures: Figures, limits: Limits) -> None:
    """Kill one process after another, every other time the scheduler."""
    until = time.monotonic() + limits.seconds
    while figures.killed < min(limits.kills, MAX_RESTARTS) and time.monotonic() < until:  # it starts Airflow no oftener
        time.sleep(BETWEEN_S)
        parts = _parts(stack)
        wanted = "scheduler" if figures.killed % 2 == 0 else random.choice([*PARTS, "task"])
        if wanted not in parts:
            continue
        number = random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM))
        with suppress(psutil.NoSuchProcess):  # tasks come and go
            random.choice(parts[wanted]).send_signal(number)
            figures.count("kills", f"Airflow: {wanted}, {number.name} at random")


def _parts(stack: Path) -> dict[str, list[psutil.Process]]:
    """The running processes of Airflow and the receiver by what they are; others of Airflow run tasks."""
    found: dict[str, list[psutil.Process]] = {}
    for process in find_marked(str(stack)):
        with suppress(psutil.Error):
            arguments = process.cmdline()
            is_airflow = process in find_marked(part_mark(str(stack), "airflow"))
            part = next((part for part in PARTS if part in arguments), "task" if is_airflow else None)
            if part is not None:
                found.setdefault(part, []).append(process)
    return found


def _is_published(home: Home) -> bool:
    status = read_status(home.settings)
    return status.is_readable and not status.pending and not status.unpublished
