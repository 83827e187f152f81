"""Seconds from a webhook's acknowledgement to its row, through Airflow: idle, and while documents download."""

import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.homes import COMMAND, Home
from benchmarks.payloads import simulated
from benchmarks.runs import ROOT
from benchmarks.serving import free_port, p95, running, seconds_to_row, until
from devstack.simulated_past import read_past
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.due import due_documents

POSTS, POSTS_BESIDE = 16, 8
PAUSE_SECONDS = 6.0
DELIVERED, KNOWN = 50, 1_500  # milestones: at first, and in the simulated API
STEP = 300  # milestones; each has five documents or so
DOCUMENTS = 1_000
SERVING = "It serves until Ctrl-C."


def measure(folder: Path) -> list[Figure]:
    """Post webhooks one by one: first to an idle stack, then while documents of earlier ones are downloaded."""
    home = Home(folder / "home")
    ports = {name: str(free_port()) for name in ("SIGHTEN_RECEIVER_PORT", "STACK_AIRFLOW_PORT", "STACK_SIMULATOR_PORT")}
    log = folder / "stack.log"
    command = [sys.executable, "-m", "devstack", "--milestones", str(DELIVERED), "--past", str(KNOWN - DELIVERED)]
    env = home.env | ports | {"STACK_HOME": str(folder / "stack"), "PYTHONPATH": str(ROOT)}
    bodies = iter(simulated(seed=78, count=3 * POSTS))
    port = int(ports["SIGHTEN_RECEIVER_PORT"])
    with running(command, log=log, env=env):
        until(lambda: SERVING in log.read_text(), f"{log} says that it serves")
        until(lambda: not _due(home), "all documents are downloaded")
        idle = [seconds_to_row(home, port, next(bodies), pause=PAUSE_SECONDS) for _ in range(POSTS)]
        beside = list(_beside_downloads(home, port, bodies))
    return [
        Figure("airflow_p95", f"webhook to row, through Airflow, idle, p95 of {POSTS}", p95(idle), "s", at_most=15),
        Figure("airflow_median", "the same, median", statistics.median(idle), "s"),
        Figure("busy_p95", f"while documents download, p95 of {POSTS_BESIDE}", p95(beside), "s", at_most=25),
        Figure("busy_median", "the same, median", statistics.median(beside), "s"),
    ]


def _beside_downloads(home: Home, port: int, bodies: Iterator[bytes]) -> Iterator[float]:
    """Measure only while documents are due; whenever they are few, deliver milestones with many more."""
    milestones, measured = DELIVERED, 0
    while measured < POSTS_BESIDE:
        if _due(home) < DOCUMENTS / 4:
            milestones += STEP
            _deliver(home, port, milestones)
            until(lambda: _due(home) >= DOCUMENTS / 4, "documents are due")
        seconds = seconds_to_row(home, port, next(bodies), pause=0)
        if _due(home):
            measured += 1
            yield seconds


def _due(home: Home) -> int:
    return len(due_documents(home.settings, clock=Clock()))


def _deliver(home: Home, port: int, milestones: int) -> None:
    """Deliver the world of the stack's simulator up to that many milestones."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    world = read_past(home.settings, milestones=DELIVERED, today=today).options(milestones, today)
    to = f"http://127.0.0.1:{port}/webhooks/sighten"
    command = [COMMAND, "simulate", "deliver", "--to", to, "--no-sample", *world]
    subprocess.run(command, env=home.env, check=True, capture_output=True)
