"""A running receiver on loopback, and requests to it."""

import http.client
import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.landing.line import LandingLine, parse_landing_line
from sighten_warehouse.receiver.app import Receiver
from sighten_warehouse.receiver.auth.claims import ANYBODY, Authentication
from sighten_warehouse.receiver.connections import MAX_CONNECTIONS
from sighten_warehouse.receiver.deadline import TIMEOUTS
from sighten_warehouse.receiver.group_commit import Committer
from sighten_warehouse.receiver.http_service import HttpService
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.readiness import Readiness
from sighten_warehouse.receiver.server import listen

PATH = "/webhooks/sighten"
SOON = 10.0


@dataclass
class Response:
    status: int
    content: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def json(self) -> dict[str, str]:
        return json.loads(self.content)


class Running:
    """A receiver that listens on loopback."""

    def __init__(self, port: int, landing: Path) -> None:
        self.port = port
        self.landing = landing

    def request(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None = None, headers: Mapping[str, str] = {}
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON)
        try:
            connection.request(method, path, body, dict(headers), encode_chunked=isinstance(body, Iterator))
            response = connection.getresponse()
            return Response(response.status, response.read(), dict(response.getheaders()))
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SOON)

    def lines(self) -> list[LandingLine]:
        return [
            parse_landing_line(raw)
            for name in landing_files(self.landing)
            for raw in read_raw_lines(self.landing / name)
        ]

    def metric(self, name: str) -> float:
        lines = self.request("GET", "/metrics").content.decode().splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name + " "))

    def wait_for(self, condition: Callable[[], bool]) -> None:
        waited = threading.Event()
        for _ in range(int(SOON / 0.01)):
            if condition():
                return
            waited.wait(0.01)
        pytest.fail("waited too long")


@contextmanager
def listening(  # noqa: PLR0913  (what a test may need of its own)
    landing: Path,
    *,
    authentication: Authentication = ANYBODY,
    max_body_bytes: int = 1_000_000,
    max_connections: int = MAX_CONNECTIONS,
    is_private: bool = False,
    metrics: ReceiverMetrics | None = None,
    **timeouts: float,
) -> Iterator[Running]:
    metrics = metrics or ReceiverMetrics()
    with Committer(landing, metrics=metrics) as committer, listen("127.0.0.1", 0) as listener:
        service = HttpService(
            Receiver(
                committer=committer,
                readiness=Readiness(
                    landing, largest_body=max_body_bytes, committer_runs=lambda: committer.is_running, interval_s=0
                ),
                metrics=metrics,
                authentication=authentication,
                max_body_bytes=max_body_bytes,
                is_private=is_private,
            ),
            max_connections=max_connections,
            timeouts=replace(TIMEOUTS, **timeouts),
        )
        port = listener.getsockname()[1]
        thread = threading.Thread(target=service.run, args=(listener,))
        thread.start()
        yield Running(port, landing)
        service.stop()
        thread.join(SOON)
