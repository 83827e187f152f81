"""Throughput of group commit, with one sync for all waiting deliveries, against a file and a sync for each.

Run it with `.venv/bin/python benchmarks/receiver.py` (less than a minute; `--help` for its options). All variants use
the same HTTP server and write the same landing lines to the same disk. Runs alternate, so that other load affects all
alike. Clients run in their own process, with one connection each. Compare the ratios; they grow with the cost of a
sync. Where a sync takes half a millisecond, HTTP is most of the work.
"""

import argparse
import http.client
import multiprocessing
import shutil
import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, perf_counter
from typing import Any, Self

import structlog

from sighten_warehouse.landing.files import landing_files, read_raw_lines, write_landing_file
from sighten_warehouse.landing.ids import ARRIVALS
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.receiver.app import WEBHOOK_PATH, Receiver
from sighten_warehouse.receiver.auth.claims import ANYBODY
from sighten_warehouse.receiver.group_commit import Committer, WebhookDelivery
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.readiness import Readiness
from sighten_warehouse.receiver.server import http_server, listen

BODY = b'{"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "filler": "%s"}' % (b"x" * 15_000)
GROUP_COMMIT, AT_ONCE, IN_TURN = "group commit", "file each, at once", "file each, in turn"


class FilePerDelivery:
    """A file and a sync for each delivery, with a thread per client."""

    def __init__(self, landing: Path, *, threads: int) -> None:
        self._landing = landing
        self._pool = ThreadPoolExecutor(threads)

    is_running = True

    def submit(self, delivery: WebhookDelivery) -> "Future[str]":
        """Land the delivery in a thread, as the committer does."""
        return self._pool.submit(self._land, delivery)

    def _land(self, delivery: WebhookDelivery) -> str:
        arrival = ARRIVALS.next()
        line = landing_line(delivery.body, landing_id=arrival.landing_id, received_at=arrival.received_at)
        write_landing_file(self._landing, [line], received_at=arrival.received_at)
        return arrival.landing_id

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._pool.shutdown()


@contextmanager
def serving(committer: Any, landing: Path) -> Iterator[int]:
    """Serve a receiver with that committer; give its port."""
    with committer, listen("127.0.0.1", 0) as listener:
        readiness = Readiness(landing, largest_body=1, committer_runs=lambda: True)
        server = http_server(
            Receiver(
                committer=committer,
                readiness=readiness,
                metrics=ReceiverMetrics(),
                authentication=ANYBODY,
                max_body_bytes=1_000_000,
            )
        )
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def deliver(port: int, clients: int, seconds: float) -> tuple[int, float, list[float]]:
    """Deliver from concurrent clients; return the number acknowledged, the time taken, and every wait."""
    waits: list[list[float]] = [[] for _ in range(clients)]
    until = monotonic() + seconds

    def send(own: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while monotonic() < until:
            started = perf_counter()
            connection.request("POST", WEBHOOK_PATH, BODY)
            response = connection.getresponse()
            response.read()
            if response.status != 200:
                raise RuntimeError(f"not acknowledged: {response.status}")
            own.append(perf_counter() - started)
        connection.close()

    threads = [threading.Thread(target=send, args=(own,)) for own in waits]
    started = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [wait for own in waits for wait in own]
    return len(every), perf_counter() - started, every


def measure(kind: str, folder: Path, *, clients: int, seconds: float) -> tuple[float, float]:
    """Deliveries per second and the 99th percentile of their waits in ms; check that all are on disk."""
    landing = folder / "landing"
    committers = {
        GROUP_COMMIT: lambda: Committer(landing, metrics=ReceiverMetrics()),
        AT_ONCE: lambda: FilePerDelivery(landing, threads=clients),
        IN_TURN: lambda: Committer(landing, metrics=ReceiverMetrics(), max_group_bytes=1),
    }
    with serving(committers[kind](), landing) as port, multiprocessing.get_context("spawn").Pool(1) as senders:
        acknowledged, took, waits = senders.apply(deliver, (port, clients, seconds))
    landed = sum(1 for name in landing_files(landing) for _ in read_raw_lines(landing / name))
    if landed != acknowledged:
        raise RuntimeError(f"{acknowledged} acknowledged, {landed} landed")
    shutil.rmtree(landing)
    return acknowledged / took, statistics.quantiles(waits, n=100)[98] * 1000


def main() -> None:
    """Alternate the variants and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=2.5, help="length of each of the three runs in a round")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="a folder on the disk to measure")
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    results: dict[str, list[tuple[float, float]]] = {GROUP_COMMIT: [], AT_ONCE: [], IN_TURN: []}
    with tempfile.TemporaryDirectory(dir=options.folder, prefix=".benchmark-") as folder:
        for _ in range(options.rounds):
            for kind, runs in results.items():
                runs.append(measure(kind, Path(folder), clients=options.clients, seconds=options.seconds))
                print(f"{kind:>18}: {runs[-1][0]:8.0f} deliveries/s, p99 {runs[-1][1]:7.1f} ms", file=sys.stderr)
    print(f"{options.clients} clients, bodies of {len(BODY)} bytes, {options.rounds} alternating runs each")
    report(results)


def report(results: dict[str, list[tuple[float, float]]]) -> None:
    """Print median, minimum and maximum of the rates, and the ratio of group commit to the others."""
    rates = {kind: [rate for rate, _ in runs] for kind, runs in results.items()}
    for kind, runs in results.items():
        p99 = statistics.median(p99 for _, p99 in runs)
        print(f"{kind:>18}: {spread(rates[kind], digits=0)} deliveries/s, p99 {p99:.0f} ms")
    for kind in (AT_ONCE, IN_TURN):
        ratios = [group / other for group, other in zip(rates[GROUP_COMMIT], rates[kind], strict=True)]
        print(f"{GROUP_COMMIT} is {spread(ratios, digits=1)} times as fast as {kind}")


def spread(values: list[float], *, digits: int) -> str:
    """Median, minimum and maximum."""
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f} to {max(values):.{digits}f})"


if __name__ == "__main__":
    main()
