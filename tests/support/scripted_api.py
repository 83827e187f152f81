"""A scripted HTTP server on loopback, and a client of it whose clock does not wait."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic
from typing import Any

from sighten_warehouse.api.client import ApiClient, open_client
from sighten_warehouse.api.rate_limiter import Priority
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.clock import Clock
from sighten_warehouse.settings import Secret, Settings

TOKEN = "the-token-of-a-test"  # noqa: S105  (of a server that lives as long as a test)


@dataclass
class Request:
    """A received request."""

    target: str
    headers: Mapping[str, str]
    at: float

    @property
    def token(self) -> str | None:
        return self.headers.get("Authorization")


@dataclass
class Response:
    """A scripted response; `length` is a false Content-Length.

    An `unframed` body ends with the connection; a `chunked` one lacks its last chunk.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    hang_up: bool = False
    endless: bool = False
    unframed: bool = False
    chunked: bool = False


Script = Callable[[Request], Response]


class ScriptedApi:
    """The server's address, and the requests that it received."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[Request] = []

    @property
    def targets(self) -> list[str]:
        return [request.target for request in self.requests]


def json_response(content: Any, status: int = 200, **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, json.dumps(content).encode(), {"Content-Type": "application/json", **named})


def in_order(*responses: Response) -> Script:
    """Return the responses in order, then the last one for ever."""
    lock, remaining = threading.Lock(), list(responses)

    def script(_: Request) -> Response:
        with lock:
            return remaining.pop(0) if len(remaining) > 1 else remaining[0]

    return script


@contextmanager
def scripted(script: Script) -> Iterator[ScriptedApi]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            request = Request(self.path, dict(self.headers), monotonic())
            api.requests.append(request)
            response = script(request)
            if response.hang_up:
                self.close_connection = True
                return
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if response.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif not response.endless and not response.unframed and "Content-Length" not in response.headers:
                self.send_header(
                    "Content-Length", str(len(response.body) if response.length is None else response.length)
                )
            self.end_headers()
            self.wfile.write(
                b"%x\r\n%s\r\n" % (len(response.body), response.body) if response.chunked else response.body
            )
            self.close_connection = (
                response.length is not None or response.endless or response.unframed or response.chunked
            )
            with suppress(OSError):  # the client has closed the connection
                while response.endless:
                    self.wfile.write(response.body)
                    self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    api = ScriptedApi(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class FakeClock(Clock):
    """Time passes only by `sleep`; the sleeps are recorded."""

    def __init__(self, start: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC)) -> None:
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self._passed

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._passed)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self._passed += seconds


def client_of(  # noqa: PLR0913  (what a test may choose)
    url: str,
    home: Path,
    *,
    clock: Clock | None = None,
    rate: float = 1e6,
    concurrency: int = 16,
    priority: Priority = "live",
    retry_policy: RetryPolicy | None = None,
) -> ApiClient:
    settings = Settings(home=home, api_url=url, api_token=Secret(TOKEN), api_rate=rate, api_concurrency=concurrency)
    return open_client(settings, priority=priority, clock=clock or FakeClock(), retry_policy=retry_policy)
