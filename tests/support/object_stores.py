"""A real S3 API on loopback, moto's, behind a proxy of ours that counts requests and breaks the next ones as told."""

import http.client
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from moto.server import ThreadedMotoServer

from sighten_warehouse.remotes import REMOTES
from support.warehouses import Warehouse, keep_empty_file

Fault = Literal["slow_down", "lost_answer", "cut_off", "ignores_conditions"]
_SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
_NOT_FORWARDED = ("host", "connection", "transfer-encoding", "content-length", "expect")


@dataclass
class Rule:
    """Breaks the next `times` requests of that method whose path holds the text."""

    fault: Fault
    method: str
    text: str
    times: int


@dataclass
class ObjectStore:
    """A bucket, what was asked of it, and what is to go wrong."""

    url: str
    port: int
    requests: Counter[str] = field(default_factory=Counter)
    rules: list[Rule] = field(default_factory=list)
    before: Callable[[str, str], None] | None = None  # called with method and path, before the request is done
    lock: threading.Lock = field(default_factory=threading.Lock)

    def break_next(self, fault: Fault, method: str = "PUT", text: str = "", *, times: int = 1) -> None:
        self.rules.append(Rule(fault, method, text, times))

    def fault_of(self, method: str, path: str) -> Fault | None:
        with self.lock:
            self.requests[method] += 1
            for rule in self.rules:
                if rule.times and rule.method == method and rule.text in path:
                    rule.times -= 1
                    return rule.fault
        return None


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ObjectStore
    upstream: tuple[str, int]
    changes: threading.Lock

    def handle_any(self) -> None:
        fault = self.store.fault_of(self.command, self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if fault == "cut_off":
            self.rfile.read(length // 2)
            self.close_connection = True
            self.connection.close()
            return
        body = self.rfile.read(length)
        if fault == "slow_down":
            self._answer(503, {"Content-Type": "application/xml"}, _SLOW_DOWN)
            return
        if self.store.before:
            self.store.before(self.command, self.path)
        status, headers, content = self._forward(body, with_conditions=fault != "ignores_conditions")
        if fault == "lost_answer":
            self.close_connection = True
            self.connection.close()
            return
        self._answer(status, headers, content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = handle_any  # noqa: N815  (names of the library)

    def _forward(self, body: bytes, *, with_conditions: bool) -> tuple[int, dict[str, str], bytes]:
        dropped = _NOT_FORWARDED if with_conditions else (*_NOT_FORWARDED, "if-none-match", "if-match")
        headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
        # moto looks and writes in two steps; S3 does not.
        with self.changes:
            connection = http.client.HTTPConnection(*self.upstream, timeout=30)
            connection.request(self.command, self.path, body, headers)
            response = connection.getresponse()
            content = response.read()
            connection.close()
        return response.status, dict(response.getheaders()), content

    def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("content-length", "connection", "transfer-encoding", "server"):
                self.send_header(name, value)
        length = headers.get("Content-Length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def object_stores() -> Iterator[Callable[[], ObjectStore]]:
    """Gives a new bucket behind a proxy of its own, all on one server."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    proxies: list[ThreadingHTTPServer] = []

    def new() -> ObjectStore:
        bucket = f"bucket-{uuid4().hex[:12]}"
        store = ObjectStore(f"s3://{bucket}/some/prefix", 0)
        handler = type(
            "Proxy", (_Proxy,), {"store": store, "upstream": server.get_host_and_port(), "changes": threading.Lock()}
        )
        proxy = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        proxy.daemon_threads = True
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        proxies.append(proxy)
        store.port = proxy.server_address[1]
        connection = http.client.HTTPConnection(*server.get_host_and_port())
        connection.request("PUT", f"/{bucket}")
        assert 200 == connection.getresponse().status
        return store

    try:
        yield new
    finally:
        for proxy in proxies:
            proxy.shutdown()
            proxy.server_close()
        server.stop()


def variables(store: ObjectStore) -> dict[str, str]:
    """What a process needs to reach the store."""
    return {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store.port}",
    }


def machine(store: ObjectStore, cache: Path) -> Warehouse:
    """A machine of its own on the store: it shares no file with another whose cache is another folder."""
    made = Warehouse(store.url, cache=cache)
    keep_empty_file(made.settings)
    return made


def forget_machines() -> None:
    """Let this process know none of its mirrors any more."""
    REMOTES.clear()


def reach(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables(store).items():
        monkeypatch.setenv(name, value)


@contextmanager
def reached_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    """An empty bucket of a server of its own, which this process can reach."""
    with object_stores() as new:
        made = new()
        reach(made, monkeypatch)
        yield made
        forget_machines()
