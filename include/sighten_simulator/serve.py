"""Serves ASGI applications from this process, on loopback only."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from sighten_warehouse.http_server import address_of, http_server, listen_on_loopback, run_until_signalled

STOP_SECONDS = 5
INCOMPLETE_RESPONSE = "ASGI callable returned without completing response."  # uvicorn logs it; we do it on purpose


def serve_until_signalled(app: ASGIApp, *, listener: socket.socket, on_listening: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM, and finish the requests in progress."""
    with listener:
        on_listening(address_of(listener))
        run_until_signalled(_server(app), listener)


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve the application on a free port in a thread until the context ends; yields its address."""
    with listen_on_loopback(0) as listener, served_together((app, listener)):
        yield address_of(listener)


@contextmanager
def served_together(*apps: tuple[ASGIApp, socket.socket]) -> Iterator[None]:
    """Serve each application on its listener in a thread of its own until the context ends."""
    servers = [_server(app) for app, _ in apps]
    threads = [
        threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="simulated-sighten")
        for server, (_, listener) in zip(servers, apps, strict=True)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for server in servers:
            server.should_exit = True
        for thread in threads:
            thread.join()


def _is_unexpected(record: logging.LogRecord) -> bool:
    return record.getMessage() != INCOMPLETE_RESPONSE


def _server(app: ASGIApp) -> uvicorn.Server:
    logging.getLogger("uvicorn.error").addFilter(_is_unexpected)  # adding the same filter again has no effect
    return http_server(app, stop_seconds=STOP_SECONDS)
