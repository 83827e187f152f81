"""Seconds from a webhook's acknowledgement to its row in the published file, with `run --follow`."""

import http.client
import random
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from benchmarks.figures import Figure
from benchmarks.homes import COMMAND, Home
from benchmarks.payloads import lines, write_payloads

DELIVERIES = 800
POSTS = 12
PAUSE_SECONDS = 3.0
GIVE_UP_SECONDS = 120.0
POLL_SECONDS = 0.02


def measure(folder: Path) -> list[Figure]:
    """Post webhooks one by one, at random moments, and wait for each one's row."""
    home = Home(folder / "home")
    payloads, new = write_payloads(folder, count=DELIVERIES, new=POSTS)
    home.land(lines(payloads, 0, DELIVERIES))
    home.run("load")
    home.run("publish")
    port = _free_port()
    rng = random.Random(1)
    waits = []
    with _running(home, "receive", "--port", str(port)), _running(home, "run", "--follow"):
        _until(lambda: _answers(port), "the receiver answers")
        for body in lines(new, 0, POSTS):
            time.sleep(rng.uniform(0, PAUSE_SECONDS))
            waits.append(_seconds_to_row(home, port, body))
    p95 = statistics.quantiles(waits, n=20, method="inclusive")[-1]
    return [
        Figure("follow_p95", f"webhook to row, `run --follow`, p95 of {POSTS}", p95, "s", at_most=3),
        Figure("follow_median", "webhook to row, `run --follow`, median", statistics.median(waits), "s"),
    ]


def _seconds_to_row(home: Home, port: int, body: bytes) -> float:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", "/webhooks/sighten", body)
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise RuntimeError(f"not acknowledged: {response.status}")
    began = time.perf_counter()
    landing_id = msgspec.json.decode(content)["landing_id"]
    path, seen = home.layout.warehouse_file, 0

    def is_there() -> bool:
        nonlocal seen
        if path.stat().st_ino == seen:
            return False
        with duckdb.connect(str(path), read_only=True) as published:
            seen = path.stat().st_ino
            query = "select count(*) from ops.deliveries where landing_id = ?"
            return published.execute(query, [landing_id]).fetchone() == (1,)

    _until(is_there, f"{landing_id} is published")
    return time.perf_counter() - began


def _until(is_so: Callable[[], bool], expected: str) -> None:
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {GIVE_UP_SECONDS:.0f} s: expected that {expected}")
        time.sleep(POLL_SECONDS)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _running(home: Home, *arguments: str) -> Iterator[None]:
    """Run a command until the end of the block."""
    with (home.folder / f"{arguments[0]}.log").open("wb") as log:
        process = subprocess.Popen([COMMAND, *arguments], env=home.env, stdout=log, stderr=log)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()
