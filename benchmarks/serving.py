"""Commands that keep running while something is measured, posts to the receiver, and waits for a row."""

import http.client
import os
import random
import signal
import socket
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec

from benchmarks.homes import COMMAND, Home
from sighten_warehouse.receiver.requests import WEBHOOK_PATH, webhook_path

GIVE_UP_SECONDS = 240.0
POLL_SECONDS = 0.02
RNG = random.Random(1)
ROW = "select count(*) > 0 from ops.deliveries where landing_id = ?"


def post(port: int, body: bytes, *, path: str = WEBHOOK_PATH) -> str:
    """Deliver the body to the receiver; return its landing_id."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("POST", path, body)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"not acknowledged: {response.status}")
    return str(msgspec.json.decode(content)["landing_id"])


def seconds_to_row(home: Home, port: int, body: bytes, *, pause: float) -> float:
    """Wait up to `pause` seconds, deliver the body, and return the time from its acknowledgement to its row."""
    time.sleep(RNG.uniform(0, pause))
    landing_id = post(port, body, path=webhook_path(home.settings.tenant))
    began = time.perf_counter()
    until_published(home, ROW, landing_id)
    return time.perf_counter() - began


def until_published(home: Home, query: str, value: str) -> None:
    """Wait until the query with that value is true in the published file."""
    path, seen = home.layout.warehouse_file, 0

    def is_so() -> bool:
        nonlocal seen
        if path.stat().st_ino == seen:
            return False
        with duckdb.connect(str(path), read_only=True) as published:
            seen = path.stat().st_ino
            return published.execute(query, [value]).fetchall() == [(True,)]

    until(is_so, f"{query} for {value}")


def until(is_so: Callable[[], bool], expected: str) -> None:
    """Wait until it is so.

    Raises:
        RuntimeError: it is not within `GIVE_UP_SECONDS`.
    """
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"after {GIVE_UP_SECONDS:.0f} s: expected that {expected}")
        time.sleep(POLL_SECONDS)


def p95(waits: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(waits, n=20, method="inclusive")[-1]


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens on the port."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(home: Home, *arguments: str, **settings: str) -> Iterator[Path]:
    """Run a command of the product until the end of the block; give its log."""
    log = home.folder / f"{arguments[0]}.log"
    with running([COMMAND, *arguments], log=log, env=home.env | settings):
        yield log


@contextmanager
def running(
    command: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str],
    cores: set[int] | None = None,
    end: signal.Signals = signal.SIGTERM,
) -> Iterator[None]:
    """Run a command until the end of the block; with `cores`, on these only, in a session that has a share of them."""
    with log.open("wb") as file:
        process = subprocess.Popen(command, env=dict(env), stdout=file, stderr=file, start_new_session=bool(cores))
        if cores:
            os.sched_setaffinity(process.pid, cores)
        try:
            yield
        finally:
            process.send_signal(end)
            process.wait()
