"""Calls per second by number of threads, and whether the rate limit avoids 429 responses.

Run it with `.venv/bin/python benchmarks/client.py` (about half a minute; `--help` for its options). A local API, in its
own process, takes 50 ms per response. In the second part it allows a number of calls in any second and answers the
others with 429.
"""

import argparse
import asyncio
import multiprocessing
import socket
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from time import monotonic
from typing import Any

import structlog
import uvicorn

from sighten_warehouse.api.client import open_client
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.settings import Secret, Settings

ANSWER_S = 0.05
UNLIMITED = 1e6
NO_SECRET = "any"  # noqa: S105  (this benchmark's API accepts any)
BODY = b'{"data": [{"s_quote_id": "0b4f7a4c-30d6-4a5c-9a53-7f8a1c0e4f11"}], "status_code": 200}'


class SlowApi:
    """Responds after 50 ms, or at once with 429 after more than `allowed` calls in the last second."""

    def __init__(self, allowed: float) -> None:
        self._allowed = allowed
        self._times: deque[float] = deque()

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        """ASGI."""
        now = monotonic()
        while self._times and self._times[0] <= now - 1:
            self._times.popleft()
        self._times.append(now)  # a refused call counts as well
        status = 429 if len(self._times) > self._allowed else 200
        if status == 200:
            await asyncio.sleep(ANSWER_S)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(BODY)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": BODY})


def serve(allowed: float, port_pipe: Connection) -> None:
    """Serve until the process is ended; send the port through the pipe."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(128)
        port_pipe.send(listener.getsockname()[1])
        config = uvicorn.Config(SlowApi(allowed), log_config=None, access_log=False, lifespan="off", ws="none")
        uvicorn.Server(config).run(sockets=[listener])


@contextmanager
def slow_api(allowed: float) -> Iterator[str]:
    """Run the API in its own process; give its URL."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=serve, args=(allowed, there))
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


class Statuses:
    """Collects response statuses from the client's log, so that the client is unchanged."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def __call__(self, _logger: Any, _name: str, event: dict[str, Any]) -> dict[str, Any]:
        """Record the status of a `called` event."""
        if event["event"] == "called":
            self.seen.append(event["status"])
        raise structlog.DropEvent


def call_for(seconds: float, url: str, *, threads: int, rate: float) -> float:
    """Call from several threads for a while; return answered calls per second."""
    until = monotonic() + seconds

    def call(_: int) -> int:
        answered = 0
        while monotonic() < until:
            client.get("/api/data/workflow/", query={"metrics": "s_quote_id"})
            answered += 1
        return answered

    with tempfile.TemporaryDirectory() as home:
        api = {"api_url": url, "api_token": Secret(NO_SECRET), "api_rate": rate, "api_concurrency": threads}
        settings = Settings(home=Path(home), **api)
        with (
            open_client(settings, retry_policy=RetryPolicy(attempts=50)) as client,
            ThreadPoolExecutor(threads) as pool,
        ):
            began = monotonic()
            return sum(pool.map(call, range(threads))) / (monotonic() - began)


def measure(statuses: Statuses, run: Callable[[], float]) -> tuple[float, int]:
    """Answered calls per second, and the number of 429 responses."""
    statuses.seen.clear()
    return run(), statuses.seen.count(429)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each of the five runs")
    parser.add_argument("--allowed", type=int, default=100, help="calls per second that the limited API allows")
    options = parser.parse_args()
    statuses = Statuses()
    structlog.configure(processors=[statuses])
    with slow_api(UNLIMITED) as url:
        rates = {}
        for threads in (1, 4, 16):
            run = partial(call_for, options.seconds, url, threads=threads, rate=UNLIMITED)
            rates[threads], _ = measure(statuses, run)
            ratio = rates[threads] / rates[1]
            print(f"{threads:2} threads: {rates[threads]:6.1f} calls/s, {ratio:4.1f} times one thread")
    for name, rate in (("no rate limit", UNLIMITED), (f"rate limit of {options.allowed}", float(options.allowed))):
        with slow_api(options.allowed) as url:
            run = partial(call_for, options.seconds, url, threads=16, rate=rate)
            answered, refused = measure(statuses, run)
        print(f"{options.allowed} calls/s allowed, {name}: {answered:6.1f} answered/s, {refused} refused with 429")


if __name__ == "__main__":
    main()
