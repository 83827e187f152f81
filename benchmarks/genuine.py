"""Genuine senders: each delivers once a second over one connection, and notes how long every answer took."""

import hashlib
import heapq
import hmac
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from time import monotonic

from sighten_warehouse.receiver.requests import WEBHOOK_PATH

SECRET = "of the benchmark"  # noqa: S105  (nobody else's)
BODY = b'{"filler": "%s"}' % (b"x" * 7_986)
SIGNATURE = hmac.digest(SECRET.encode(), BODY, hashlib.sha256).hex()
REQUEST = (
    f"POST {WEBHOOK_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Sighten-Signature: {SIGNATURE}\r\n"
    f"Content-Length: {len(BODY)}\r\n\r\n"
).encode() + BODY
EVERY_SECONDS = 1.0
PATIENCE_SECONDS = 30.0  # after which a sender gives an answer up


class Senders:
    """All genuine senders, in one loop; what they were told, and how long it took."""

    def __init__(self, ports: Sequence[int], number: int) -> None:
        self._ports = ports
        self._selector = DefaultSelector()
        self._senders = [_Sender(ports[place % len(ports)], self._selector) for place in range(number)]
        self.acknowledged: list[str] = []
        self.waits: list[float] = []
        self.refused = 0

    def deliver(self, seconds: float, *, stop: Callable[[], object]) -> None:
        """Deliver for a while, then call `stop`, and go on until nobody is answered."""
        started = monotonic()
        step = EVERY_SECONDS / len(self._senders)
        due = [(started + place * step, place) for place in range(len(self._senders))]
        while monotonic() < started + seconds:
            self._begin_due(due)
            self._hear(max(due[0][0] - monotonic(), 0) if due else 0)
        for sender in self._senders:
            if sender.sent_at is None:
                sender.send()
            elif monotonic() > sender.sent_at + EVERY_SECONDS:
                self._give_up(sender)
        stop()
        for sender in self._senders:  # nobody begins anew: what is in progress is answered or broken off
            sender.is_last = True
        until = monotonic() + PATIENCE_SECONDS
        while any(sender.sent_at is not None for sender in self._senders) and monotonic() < until:
            self._hear(0.1)
        for sender in self._senders:
            sender.close()

    def _begin_due(self, due: list[tuple[float, int]]) -> None:
        while due and due[0][0] <= monotonic():
            at, place = heapq.heappop(due)
            if self._senders[place].sent_at is None:
                self._senders[place].send()
            heapq.heappush(due, (max(at + EVERY_SECONDS, monotonic()), place))

    def _hear(self, seconds: float) -> None:
        for key, _ in self._selector.select(min(seconds, 0.1)):
            self._take(key.data)
        for sender in self._senders:
            if sender.sent_at is not None and not sender.is_open:
                self._give_up(sender)

    def _take(self, sender: "_Sender") -> None:
        response = sender.receive()
        if response is None:
            return
        if response.startswith(b"HTTP/1.1 200 ") and sender.sent_at is not None:
            self.waits.append(monotonic() - sender.sent_at)
            self.acknowledged.append(response.split(b'"')[3].decode())
            sender.sent_at = None
        else:
            self._give_up(sender)

    def _give_up(self, sender: "_Sender") -> None:
        if sender.sent_at is not None and not sender.is_last:
            self.refused += 1
            self.waits.append(monotonic() - sender.sent_at)
        sender.close()


class _Sender:
    """One connection with one request at a time."""

    def __init__(self, port: int, selector: DefaultSelector) -> None:
        self._port = port
        self._selector = selector
        self._socket: socket.socket | None = None
        self._response = b""
        self.sent_at: float | None = None
        self.is_last = False

    @property
    def is_open(self) -> bool:
        """Whether it has a connection."""
        return self._socket is not None

    def send(self) -> None:
        """Send a delivery, over a new connection if there is none."""
        self._response, self.sent_at = b"", monotonic()
        with suppress(OSError):
            if self._socket is None:
                self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=PATIENCE_SECONDS)
                self._selector.register(self._socket, EVENT_READ, self)
            self._socket.sendall(REQUEST)
            return
        self._drop()

    def receive(self) -> bytes | None:
        """Read what came; the response once it is complete, or nothing at the connection's end."""
        try:
            piece = self._socket.recv(4096) if self._socket is not None else b""
        except OSError:
            piece = b""
        self._response += piece
        return None if piece and not self._response.endswith(b"}") else self._response

    def close(self) -> None:
        """Nothing is in progress any more."""
        self.sent_at = None
        self._drop()

    def _drop(self) -> None:
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None
