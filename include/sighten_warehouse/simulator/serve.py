"""Runs an ASGI application inside this process, on loopback only."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Queue
from typing import NoReturn

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.server.embed import Server
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
STARTS_WITHIN_S = 10
LOOKS_AGAIN_S = 0.01


def free_port(port: int) -> int:
    """The port, or one that is free if it is 0.

    Raises:
        OSError: something else listens there. The server itself would not notice: it shares ports with its own kind.
    """
    with socket.socket() as probe:
        # So that connections of an earlier run that still fade away do not count; a listener does.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((LOOPBACK, port))
        return int(probe.getsockname()[1])


async def serve(app: ASGIApp, *, port: int, stop: asyncio.Event, on_listening: Callable[[str], None]) -> None:
    """Serve until `stop` is set, then finish what was begun; `on_listening` gets the address once it answers there."""
    server = Server(
        app,
        address=LOOPBACK,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        websockets=False,
        log_level=LogLevels.error,
    )
    serving = asyncio.create_task(server.serve())
    announcing = asyncio.create_task(_announce(port, on_listening))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
    for waiting in (announcing, stopping):
        waiting.cancel()
    server.stop()  # type: ignore[no-untyped-call]  # granian annotates only what it exports at its top
    await serving


async def _announce(port: int, on_listening: Callable[[str], None]) -> None:
    """Granian's own startup hooks run before the port takes connections, so the only proof is to connect."""
    while True:
        try:
            _, writer = await asyncio.open_connection(LOOPBACK, port)
        except ConnectionRefusedError:
            await asyncio.sleep(LOOKS_AGAIN_S)
        else:
            writer.close()
            on_listening(f"http://{LOOPBACK}:{port}")
            return


def serve_until_signalled(app: ASGIApp, *, port: int, on_listening: Callable[[str], None]) -> NoReturn:
    """Serve until SIGINT or SIGTERM comes, finish what was begun, and end the process with 0."""

    async def run() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(app, port=port, stop=stop, on_listening=on_listening)

    asyncio.run(run())
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    # A thread of granian's outlives its server by a millisecond; Python's own way out would cut it off, and it aborts.
    os._exit(0)


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """The application on a free port, served by a thread as long as the context lasts; gives its address."""
    listening: Queue[tuple[str, asyncio.AbstractEventLoop, asyncio.Event]] = Queue()

    async def run() -> None:
        loop, stop = asyncio.get_running_loop(), asyncio.Event()
        await serve(
            app, port=free_port(0), stop=stop, on_listening=lambda address: listening.put((address, loop, stop))
        )

    server = threading.Thread(target=lambda: asyncio.run(run()), name="simulated-sighten")
    server.start()
    address, loop, stop = listening.get(timeout=STARTS_WITHIN_S)
    try:
        yield address
    finally:
        loop.call_soon_threadsafe(stop.set)
        server.join()
