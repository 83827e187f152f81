"""The receiver with one sync for all waiting deliveries, against a file and a sync for each, written in turn.

Both use the same HTTP server, check the same signatures and write the same lines to the same disk. Runs alternate, so
that other load affects both alike. Clients run in a process of their own, with a connection each.
"""

import hashlib
import hmac
import multiprocessing
import shutil
import socket
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from selectors import EVENT_READ, BaseSelector, DefaultSelector
from time import perf_counter

import structlog

from benchmarks.figures import Figure
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.receiver.app import Receiver
from sighten_warehouse.receiver.auth.hmac_body import body_signature
from sighten_warehouse.receiver.group_commit import GROUP_BYTES, WRITERS, Committer
from sighten_warehouse.receiver.http_service import HttpService
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.readiness import Readiness
from sighten_warehouse.receiver.requests import WEBHOOK_PATH
from sighten_warehouse.receiver.server import listen

BODY = b'{"filler": "%s"}' % (b"x" * 7_986)
HEADER, KEY = "x-signature", b"benchmark"
SIGNATURE = hmac.digest(KEY, BODY, hashlib.sha256).hex()
REQUEST = (
    f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n{HEADER}: {SIGNATURE}\r\nContent-Length: {len(BODY)}\r\n\r\n"
).encode() + BODY
CLIENTS = 64
SECONDS = 2.5
GROUPED = {"max_group_bytes": GROUP_BYTES, "writers": WRITERS}
IN_TURN = {"max_group_bytes": 1, "writers": 1}


def measure(folder: Path, *, rounds: int) -> list[Figure]:
    """Alternate both ways of landing."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    pairs = [(_run(folder / "landing", GROUPED), _run(folder / "landing", IN_TURN)) for _ in range(rounds)]
    rate = statistics.median(grouped[0] / in_turn[0] for grouped, in_turn in pairs)
    p99 = statistics.median(grouped[1] / in_turn[1] for grouped, in_turn in pairs)
    per_second = statistics.median(grouped[0] for grouped, _ in pairs)
    name = f"receiver, {CLIENTS} clients, HMAC, {len(BODY) // 1000} kB"
    return [
        Figure("receiver_ratio", f"{name}: rate over one file each, in turn", rate, "times", at_least=6),
        Figure("receiver_p99", "the same: p99", p99, "times", at_most=0.4),
        Figure("receiver_rate", f"{name}", per_second, "deliveries/s"),
    ]


def _run(landing: Path, limits: dict[str, int]) -> tuple[float, float]:
    """Deliveries a second and the 99th percentile of their waits in s; all must be on disk."""
    committer = Committer(landing, metrics=ReceiverMetrics(), **limits)
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
        service = HttpService(receiver)
        thread = threading.Thread(target=service.run, args=(listener,))
        thread.start()
        yield listener.getsockname()[1]
        service.stop()
        thread.join()


def _deliver(port: int) -> tuple[int, float, list[float]]:
    """Deliver from concurrent clients; return the number acknowledged, the time taken, and every wait.

    One loop and ready-made bytes: client and server share two cores, and threads of `http.client` took more of them
    than the server, for both ways of landing. What they took would be measured instead of the difference.
    """
    waits: list[float] = []
    with DefaultSelector() as selector:
        clients = [_Client(port, selector) for _ in range(CLIENTS)]
        started = perf_counter()
        until = started + SECONDS
        for client in clients:
            client.send()
        while selector.get_map():
            for key, _ in selector.select():
                wait = key.data.receive()
                if wait is None:
                    continue
                waits.append(wait)
                if perf_counter() < until:
                    key.data.send()
                else:
                    key.data.close()
        return len(waits), perf_counter() - started, waits


class _Client:
    """One connection with one request at a time."""

    def __init__(self, port: int, selector: BaseSelector) -> None:
        self._selector = selector
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._response = b""
        self._sent_at = 0.0
        selector.register(self._socket, EVENT_READ, self)

    def send(self) -> None:
        """Send the delivery."""
        self._response, self._sent_at = b"", perf_counter()
        self._socket.sendall(REQUEST)

    def receive(self) -> float | None:
        """Read what came; the seconds since `send` if that completes the response."""
        piece = self._socket.recv(4096)
        self._response += piece
        if piece and not self._response.endswith(b"}"):
            return None
        if not self._response.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"not acknowledged: {self._response!r}")
        return perf_counter() - self._sent_at

    def close(self) -> None:
        """Deliver no more."""
        self._selector.unregister(self._socket)
        self._socket.close()
