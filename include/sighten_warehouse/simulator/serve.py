"""Runs an ASGI application inside this process, on loopback only."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
STOP_SECONDS = 5


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
    server = _server(app)
    with listen(0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="simulated-sighten")
        thread.start()
        try:
            yield address_of(listener)
        finally:
            server.should_exit = True
            thread.join()


def _server(app: ASGIApp) -> uvicorn.Server:
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
