"""How long a client may take, and a deadline that is cheap to move."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

_NEVER = float("inf")


@dataclass(frozen=True, kw_only=True)
class Timeouts:
    """The seconds that a client has."""

    head: float = 20.0  # for a request head, from connecting or from its first byte
    body: float = 120.0
    idle: float = 75.0  # longer than most senders keep an idle connection: none is closed during a request
    write: float = 30.0  # until it has read some of the responses
    linger: float = 2.0  # to read an early response while it still sends


TIMEOUTS = Timeouts()


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
