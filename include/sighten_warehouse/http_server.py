"""HTTP servers of this package: uvicorn as all of them need it, and a port of this machine alone."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import uvicorn

LOOPBACK = "127.0.0.1"

Application = Callable[[Any, Any, Any], Awaitable[None]]


def http_server(
    app: Application,
    *,
    stop_seconds: int,
    keep_alive_seconds: int = 5,
    protocol: type[asyncio.Protocol] | Literal["auto"] = "auto",
) -> uvicorn.Server:
    """A server around an ASGI application: one process, one event loop, its own log lines left to `logging`.

    `stop_seconds` is how long requests under way have to finish once it is told to stop.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=keep_alive_seconds,
            timeout_graceful_shutdown=stop_seconds,
        )
    )


def listen_on_loopback(port: int) -> socket.socket:
    """A socket that listens on that port of this machine alone, or on a free one if it is 0.

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


def address_of(listener: socket.socket) -> str:
    """The address of what answers there; connections wait in the listener until it does."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def run_until_signalled(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM comes, and finish what was begun."""

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)  # uvicorn hands the signal on when it has stopped; this takes it
    server.run(sockets=[listener])
