"""Waiting that ends as soon as somebody asks to stop: the API may ask us to wait for minutes, a person will not."""

from collections.abc import Callable
from datetime import datetime

from sighten_warehouse.clock import Clock

LOOKS_EVERY_S = 0.25


class StoppedError(Exception):
    """Somebody asked to stop in the middle of something."""


class StoppableClock(Clock):
    """Another clock, whose sleep is given up once `stop` says so."""

    def __init__(self, clock: Clock, stop: Callable[[], bool]) -> None:
        self._clock = clock
        self._stop = stop

    def monotonic(self) -> float:
        """As the other clock."""
        return self._clock.monotonic()

    def now(self) -> datetime:
        """As the other clock."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Returns so many seconds later.

        Raises:
            StoppedError: somebody asked to stop meanwhile.
        """
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            if self._stop():
                raise StoppedError
            self._clock.sleep(min(left, LOOKS_EVERY_S))
