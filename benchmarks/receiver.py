"""The receiver with one sync for all waiting deliveries, against a file and a sync for each, written in turn.

Both use the same HTTP server, check the same signatures and write the same lines to the same disk. Runs alternate, so
that other load affects both alike. Clients run in their own process, with one connection each.
"""

import hashlib
import hmac
import http.client
import multiprocessing
import shutil
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, perf_counter

import structlog

from benchmarks.figures import Figure
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.receiver.app import WEBHOOK_PATH, Receiver
from sighten_warehouse.receiver.auth.hmac_body import body_signature
from sighten_warehouse.receiver.group_commit import GROUP_BYTES, Committer
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.readiness import Readiness
from sighten_warehouse.receiver.server import http_server, listen

BODY = b'{"filler": "%s"}' % (b"x" * 7_986)
HEADER, KEY = "x-signature", b"benchmark"
SIGNATURE = hmac.digest(KEY, BODY, hashlib.sha256).hex()
CLIENTS = 64
SECONDS = 2.5
GROUPED, IN_TURN = GROUP_BYTES, 1  # the most bytes of a group


def measure(folder: Path, *, rounds: int) -> list[Figure]:
    """Alternate both ways of landing."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    runs: dict[int, list[tuple[float, float]]] = {GROUPED: [], IN_TURN: []}
    for _ in range(rounds):
        for max_group_bytes, measured in runs.items():
            measured.append(_run(folder / "landing", max_group_bytes))
    pairs = list(zip(runs[GROUPED], runs[IN_TURN], strict=True))
    rate = statistics.median(grouped[0] / in_turn[0] for grouped, in_turn in pairs)
    p99 = statistics.median(grouped[1] / in_turn[1] for grouped, in_turn in pairs)
    per_second = statistics.median(rate for rate, _ in runs[GROUPED])
    name = f"receiver, {CLIENTS} clients, HMAC, {len(BODY) // 1000} kB"
    return [
        Figure("receiver_ratio", f"{name}: rate over one file each, in turn", rate, "times", at_least=6),
        Figure("receiver_p99", "the same: p99", p99, "times", at_most=0.4),
        Figure("receiver_rate", f"{name}", per_second, "deliveries/s"),
    ]


def _run(landing: Path, max_group_bytes: int) -> tuple[float, float]:
    """Deliveries a second and the 99th percentile of their waits in s; all must be on disk."""
    committer = Committer(landing, metrics=ReceiverMetrics(), max_group_bytes=max_group_bytes)
    with _serving(committer, landing) as port, multiprocessing.get_context("spawn").Pool(1) as senders:
        acknowledged, took, waits = senders.apply(_deliver, (port,))
    landed = sum(1 for name in landing_files(landing) for _ in read_raw_lines(landing / name))
    if landed != acknowledged:
        raise RuntimeError(f"{acknowledged} acknowledged, {landed} landed")
    shutil.rmtree(landing)
    return acknowledged / took, statistics.quantiles(waits, n=100)[98]


@contextmanager
def _serving(committer: Committer, landing: Path) -> Iterator[int]:
    """Serve a receiver with that committer; give its port."""
    with committer, listen("127.0.0.1", 0) as listener:
        receiver = Receiver(
            committer=committer,
            readiness=Readiness(landing, largest_body=1, committer_runs=lambda: True),
            metrics=ReceiverMetrics(),
            authentication=body_signature([KEY.decode()], header=HEADER, encoding="hex", prefix=""),
            max_body_bytes=1_000_000,
        )
        server = http_server(receiver)
        thread = threading.Thread(target=lambda: server.run(sockets=[listener]))
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join()


def _deliver(port: int) -> tuple[int, float, list[float]]:
    """Deliver from concurrent clients; return the number acknowledged, the time taken, and every wait."""
    waits: list[list[float]] = [[] for _ in range(CLIENTS)]
    until = monotonic() + SECONDS

    def send(own: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        while monotonic() < until:
            started = perf_counter()
            connection.request("POST", WEBHOOK_PATH, BODY, {HEADER: SIGNATURE})
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
