"""Listeners for alerts on loopback: a webhook, and a mail server; what they heard, and a switch that refuses all."""

import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sighten_warehouse.clock import Clock


class Heard:
    """What a listener heard, in order; `status` is what a webhook answers."""

    def __init__(self) -> None:
        self.url = ""
        self.status = 200
        self.messages: list[Any] = []

    @property
    def states(self) -> list[tuple[str, str]]:
        """State and key of each message of a webhook."""
        return [(message["state"], message["key"]) for message in self.messages]


@contextmanager
def listening_webhook() -> Iterator[Heard]:
    """Listen to POSTs with JSON."""
    heard = Heard()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if heard.status < 300:
                heard.messages.append(message)
            self.send_response(heard.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as port:
        heard.url = f"http://127.0.0.1:{port}/hook?key=s3cret"
        yield heard


@contextmanager
def listening_mail_server() -> Iterator[Heard]:
    """Listen to e-mails, without TLS."""
    heard = Heard()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 test\r\n")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    heard.messages.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 done\r\n")

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as port:
        heard.url = f"smtp://127.0.0.1:{port}/ops@example.com?from=sighten@example.com"
        yield heard


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class At(Clock):
    """A clock that shows one time until it is set."""

    def __init__(self, time: Any) -> None:
        self.time = time

    def now(self) -> Any:
        return self.time
