"""A clock whose waits end early when the user stops: the API may ask us to wait for minutes, a person will not."""

from collections.abc import Callable
from datetime import datetime

from sighten_warehouse.clock import Clock

POLL_S = 0.25


class StoppedError(Exception):
    """The work was stopped by its caller."""


class StoppableClock(Clock):
    """Wraps a clock and ends its sleep when `stop` returns true."""

    def __init__(self, clock: Clock, stop: Callable[[], bool]) -> None:
        self._clock = clock
        self._stop = stop

    def monotonic(self) -> float:
        """Return the wrapped clock's time."""
        return self._clock.monotonic()

    def now(self) -> datetime:
        """Return the wrapped clock's time of day."""
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        """Sleep for that many seconds.

        Raises:
            StoppedError: `stop` returned true meanwhile.
        """
        deadline = self._clock.monotonic() + seconds
        while (remaining := deadline - self._clock.monotonic()) > 0:
            if self._stop():
                raise StoppedError
            self._clock.sleep(min(remaining, POLL_S))
