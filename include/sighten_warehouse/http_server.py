"""Configuration shared by all HTTP servers of this package, listening on loopback, and telling web pages apart."""

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Awaitable, Callable, Iterable
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
    """A server of an ASGI application: one process, one event loop, no log configuration of its own.

    `stop_seconds`: how long requests in progress may take to finish once the server stops.
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


def address_of(listener: socket.socket) -> str:
    """The URL of the listener; connections wait there until a server accepts them."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"


def is_sent_by_a_page(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a web page in a browser sent a request with these headers, whose names are lower-case.

    Browsers send `Origin` with every POST of a page, and newer ones `Sec-Fetch-Site`. What no page sent has neither, or
    `none`.
    """
    return any(name == b"origin" or (name == b"sec-fetch-site" and value.lower() != b"none") for name, value in headers)


def may_name_this_machine(host: bytes) -> bool:
    """Whether a `Host` header can be that of a request to loopback.

    The owner of a domain can let its name lead to this machine, and its page then reads what is served there. So a name
    in a domain is none of ours; addresses, `localhost` and names without a full stop are not anybody's to give.
    """
    name = host.decode("latin-1").strip().lower().removesuffix(".")
    name = name.partition("]")[0].removeprefix("[") if name.startswith("[") else name.partition(":")[0]
    if "." not in name or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def run_until_signalled(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, then finish the requests in progress."""

    def stop(*_: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)  # uvicorn raises the signal again once it has stopped; this handler takes it
    server.run(sockets=[listener])
