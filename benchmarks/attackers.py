"""Clients that want to keep others from a receiver; each runs until its process is ended.

They need no credential: signatures are well-formed and wrong.
"""

import multiprocessing
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.synchronize import Event

from sighten_warehouse.receiver.requests import WEBHOOK_PATH

WRONG = f"X-Sighten-Signature: {'0' * 64}\r\n"
POST = f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\n{WRONG}"
ANNOUNCED = 25_000_000
STALLED_AT = (24_999_999, 24_999_999, 17_105_000)  # three together leave 4 kB of the 64 MiB for bodies
METRICS = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
BYTES_PER_SECOND = 1_200_000
BURST = 0.02

Attack = Callable[[int, int, Event], None]
"""Attacks a port with so many connections; the event says that it began."""


@contextmanager
def attacking(attack: Attack, port: int, connections: int) -> Iterator[None]:
    """Attack from a process of its own until the context ends."""
    context = multiprocessing.get_context("spawn")
    began = context.Event()
    process = context.Process(target=attack, args=(port, connections, began), daemon=True)
    process.start()
    try:
        began.wait(60)
        yield
    finally:
        process.terminate()
        process.join()


def one_byte_chunks(port: int, connections: int, began: Event) -> None:
    """Send bodies in chunks of one byte, 1.2 MB a second on each connection."""
    head = f"{POST}Transfer-Encoding: chunked\r\n\r\n".encode()
    _flood(port, connections, began, head=head, repeated=b"1\r\nx\r\n")


def dense_chunks(port: int, connections: int, began: Event) -> None:
    """The same with the smallest chunks that are not refused."""
    head = f"{POST}Transfer-Encoding: chunked\r\n\r\n".encode()
    _flood(port, connections, began, head=head, repeated=b"c\r\n0123456789ab\r\n")


def unread_metrics(port: int, connections: int, began: Event) -> None:
    """Ask for /metrics without end, and never read a response."""
    _flood(port, connections, began, head=b"", repeated=METRICS, reads=False)


def stalled_bodies(port: int, connections: int, began: Event) -> None:
    """Announce 25 MB, send much of it, and stall; begin anew when cut off."""
    head = f"{POST}Content-Length: {ANNOUNCED}\r\n\r\n".encode()
    _hold(port, connections, began, *(head + b"x" * size for size in STALLED_AT))


def silent(port: int, connections: int, began: Event) -> None:
    """Connect and send nothing; connect anew when closed."""
    _hold(port, connections, began, b"")


def half_heads(port: int, connections: int, began: Event) -> None:
    """Send half a head; connect anew when closed."""
    _hold(port, connections, began, POST.encode())


def slow_bodies(port: int, connections: int, began: Event) -> None:
    """Send a body of 8 kB, one byte a second."""
    _hold(port, connections, began, f"{POST}Content-Length: 8000\r\n\r\n".encode(), drip=b"x")


def _hold(port: int, connections: int, began: Event, *sent: bytes, drip: bytes = b"") -> None:
    held: list[socket.socket | None] = [None] * connections
    while True:
        for place, connection in enumerate(held):
            held[place] = _still_open(connection, drip) or _begin(port, sent[place % len(sent)])
        began.set()
        time.sleep(1)


def _begin(port: int, sent: bytes) -> socket.socket | None:
    with suppress(OSError):
        connection = socket.create_connection(("127.0.0.1", port), timeout=5)
        connection.sendall(sent)
        connection.setblocking(False)
        return connection
    return None


def _still_open(connection: socket.socket | None, drip: bytes) -> socket.socket | None:
    if connection is None:
        return None
    try:
        connection.send(drip)
        if connection.recv(1000):
            connection.close()
            return None
    except BlockingIOError:
        return connection
    except OSError:
        connection.close()
        return None
    connection.close()
    return None


def _flood(  # noqa: PLR0913  (what is sent, and how)
    port: int, connections: int, began: Event, *, head: bytes, repeated: bytes, reads: bool = True
) -> None:
    """Send as fast as the rate allows; begin anew at once when answered or closed."""
    burst = repeated * (int(BYTES_PER_SECOND * BURST) // len(repeated))
    held: list[socket.socket | None] = [None] * connections
    while True:
        started = time.monotonic()
        for place, connection in enumerate(held):
            held[place] = _sent(connection, burst, reads=reads) or _begin(port, head)
        began.set()
        time.sleep(max(started + BURST - time.monotonic(), 0))


def _sent(connection: socket.socket | None, burst: bytes, *, reads: bool) -> socket.socket | None:
    if connection is None:
        return None
    try:
        connection.send(burst)
        if reads:
            connection.recv(1000)  # an answer, or the end: either way it is over
    except BlockingIOError:
        return connection
    except OSError:
        connection.close()
        return None
    if not reads:
        return connection
    connection.close()
    return None
