"""Configuration shared by all HTTP servers of this package, and listening on loopback."""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import uvicorn

from sighten_warehouse.errors import SettingError

LOOPBACK = "127.0.0.1"

Application = Callable[[Any, Any, Any], Awaitable[None]]


def http_server(
    app: Application,
    *,
    stop_seconds: int,
    keep_alive_seconds: int = 5,
    protocol: type[asyncio.Protocol] | Literal["auto"] = "auto",
    lifespan: Literal["on", "off"] = "off",
) -> uvicorn.Server:
    """A server of an ASGI application: one process, one event loop, no log configuration of its own.

    `stop_seconds`: how long requests in progress may take to finish once the server stops. `lifespan`: whether the
    application wants to hear of start and stop.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=protocol,
            ws="none",
            lifespan=lifespan,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=keep_alive_seconds,
            timeout_graceful_shutdown=stop_seconds,
        )
    )


def listen_on_loopback(port: int) -> socket.socket:
    """A socket that listens on that port of loopback, or on a free one if it is 0.

    Raises:
        OSError: the port is taken.
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


def listen_on_option(port: int) -> socket.socket:
    """As `listen_on_loopback`, on the port of a command's option `--port`.

    Raises:
        SettingError: the port is taken.
    """
    try:
        return listen_on_loopback(port)
    except OSError as error:
        raise SettingError(f"--port: {LOOPBACK}:{port}: {error.strerror}; expected a free port, or 0") from error


def address_of(listener: socket.socket) -> str:
    """The URL of the listener; connections wait there until a server accepts them."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def run_until_signalled(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests in progress."""

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)  # uvicorn raises the signal again once it has stopped; this handler takes it
    server.run(sockets=[listener])
