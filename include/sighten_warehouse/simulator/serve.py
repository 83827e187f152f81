"""Runs ASGI applications inside this process, on loopback only."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 5
CUT_OFF = "ASGI callable returned without completing response."  # uvicorn's complaint about what we do on purpose


def listen(port: int) -> socket.socket:
    """A socket that listens on that port of loopback, or on a free one if it is 0.

    Raises:
        OSError: something else listens there.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def serve_until_signalled(app: ASGIApp, *, listener: socket.socket, on_listening: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM comes, and finish what was begun."""
    server = _server(app)

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)  # uvicorn hands the signal on when it has stopped; this takes it
    with listener:
        on_listening(address_of(listener))
        server.run(sockets=[listener])


def address_of(listener: socket.socket) -> str:
    """The address of what answers there; connections wait in the listener until it does."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The application on a free port, served by a thread as long as the context lasts; gives its address."""
    with listen(0) as listener, served_together((app, listener)):
        yield address_of(listener)


@contextmanager
def served_together(*apps: tuple[ASGIApp, socket.socket]) -> Iterator[None]:
    """Each application on its listener, served by a thread of its own as long as the context lasts."""
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


def _is_not_on_purpose(record: logging.LogRecord) -> bool:
    return record.getMessage() != CUT_OFF


def _server(app: ASGIApp) -> uvicorn.Server:
    logging.getLogger("uvicorn.error").addFilter(_is_not_on_purpose)  # again and again it is still one filter
    return uvicorn.Server(
        uvicorn.Config(
            app,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOP_SECONDS,
        )
    )
