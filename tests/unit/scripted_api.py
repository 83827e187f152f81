"""A server on loopback that answers as a test tells it to, and a client of it whose clock needs no waiting."""

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
from sighten_warehouse.settings import Settings

TOKEN = "the-token-of-a-test"  # noqa: S105  (of a server that lives as long as a test)


@dataclass
class ApiRequest:
    """A request as it came."""

    target: str
    headers: Mapping[str, str]
    at: float

    @property
    def token(self) -> str | None:
        return self.headers.get("Authorization")


@dataclass
class Said:
    """What is answered; `length` is what Content-Length says if that is not the truth.

    An `unframed` body ends with the connection; a `chunked` one lacks the last chunk, which says that it is whole.
    """

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    hang_up: bool = False
    endless: bool = False
    unframed: bool = False
    chunked: bool = False


Script = Callable[[ApiRequest], Said]


class ScriptedApi:
    """What was asked, and where."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.asked: list[ApiRequest] = []

    @property
    def targets(self) -> list[str]:
        return [asked.target for asked in self.asked]


def said_json(content: Any, status: int = 200, **headers: str) -> Said:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Said(status, json.dumps(content).encode(), {"Content-Type": "application/json", **named})


def in_turn(*said: Said) -> Script:
    """One after the other, and then the last for ever."""
    lock, left = threading.Lock(), list(said)

    def script(_: ApiRequest) -> Said:
        with lock:
            return left.pop(0) if len(left) > 1 else left[0]

    return script


@contextmanager
def scripted(script: Script) -> Iterator[ScriptedApi]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def do_GET(self) -> None:
            asked = ApiRequest(self.path, dict(self.headers), monotonic())
            api.asked.append(asked)
            said = script(asked)
            if said.hang_up:
                self.close_connection = True
                return
            self.send_response(said.status)
            for name, value in said.headers.items():
                self.send_header(name, value)
            if said.chunked:
                self.send_header("Transfer-Encoding", "chunked")
            elif not said.endless and not said.unframed and "Content-Length" not in said.headers:
                self.send_header("Content-Length", str(len(said.body) if said.length is None else said.length))
            self.end_headers()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(said.body), said.body) if said.chunked else said.body)
            self.close_connection = said.length is not None or said.endless or said.unframed or said.chunked
            with suppress(OSError):  # whoever asked has heard enough
                while said.endless:
                    self.wfile.write(said.body)
                    self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            """Nobody reads it."""

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
    """Time passes only when somebody sleeps; every sleep is kept."""

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
    settings = Settings(home=home, api_url=url, api_token=TOKEN, api_rate=rate, api_concurrency=concurrency)
    return open_client(settings, priority=priority, clock=clock or FakeClock(), retry_policy=retry_policy)
