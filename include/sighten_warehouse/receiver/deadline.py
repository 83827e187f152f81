"""How long a client may take, and a deadline that is cheap to move."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

PACE_BYTES = 64 * 1024
_NEVER = float("inf")


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """The seconds that a client has."""

    first: float = 5.0  # for the first byte of a connection, and of each body
    head: float = 10.0  # for a request head, from its first byte
    pace: float = 10.0  # for each `PACE_BYTES` of a body
    body: float = 120.0  # for all of it
    idle: float = 75.0  # longer than most senders keep an idle connection: none is closed during a request
    write: float = 30.0  # until it has read some of the responses
    linger: float = 2.0  # to read an early response while it still sends


TIMEOUTS = Timeouts()


class BodyTime:
    """How long the next bytes of a body may take, one body after the other.

    A sender that stalls or drips is cut off long before the time for a whole body. `left`: bytes of it that are to
    come, if its length is known.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self.begin(0)

    def begin(self, length: int | None) -> None:
        """A body begins."""
        self.left = length or 0
        self._has_bytes = False
        self._until: float | None = None  # of one that does not come at once
        self._arrived = -1  # since it was given time for its next bytes

    def add(self, size: int) -> None:
        """So many bytes of it came."""
        self.left -= size
        self._has_bytes = True

    def seconds(self, received: int, *, now: float) -> float | None:
        """Seconds for what is to come after so many bytes, with chunks' sizes; None if it was given time already."""
        if self._until is None:
            self._until = now + self._timeouts.body
            if not self._has_bytes:
                return min(self._timeouts.first, self._timeouts.body)
        if not self._has_bytes:
            return None
        if 0 <= self._arrived < PACE_BYTES - received:
            self._arrived += received
            return None
        self._arrived = 0
        return min(self._timeouts.pace, self._until - now)


def _nothing() -> None:
    """What an ended deadline does."""


class Deadline:
    """Calls `expired` once the time that was set last has passed.

    A connection moves its deadline several times a request. Only an earlier one needs a new timer of the event loop;
    the timer of a later one finds out when it fires.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, expired: Callable[[], None]) -> None:
        self._loop = loop
        self._expired = expired
        self._at = _NEVER
        self._timer: asyncio.TimerHandle | None = None

    def set(self, seconds: float) -> None:
        """Expire after that many seconds from now, and not before."""
        self._at = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._at:
            self._start_timer()

    def clear(self) -> None:
        """Do not expire until `set` is called again."""
        self._at = _NEVER

    def end(self) -> None:
        """Never expire, and release the timer and its owner."""
        self._at = _NEVER
        self._expired = _nothing
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._at, self._check)

    def _check(self) -> None:
        self._timer = None
        if self._at == _NEVER:
            return
        if self._loop.time() < self._at:
            self._start_timer()
            return
        self._at = _NEVER
        self._expired()
