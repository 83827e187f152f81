"""Hands out a plan's deliveries to several threads, at most so many a second."""

import threading
import time
from collections.abc import Callable, Sequence

from sighten_simulator.webhooks.delivery_plan import PlannedDelivery


class Pace:
    """The next delivery for whoever asks, in the order of the plan.

    Args:
        plan: what is to be delivered.
        rate: deliveries a second; None means as fast as they are asked for.
        clock: seconds that only go forward.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        plan: Sequence[PlannedDelivery],
        *,
        rate: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._plan = plan
        self._gap = 1 / rate if rate else 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._taken = 0
        self._began = clock()
        self._stopped = False

    def take(self) -> PlannedDelivery | None:
        """The next delivery once it is due; None when there is no more, or when somebody stopped it."""
        with self._lock:
            if self._stopped or self._taken == len(self._plan):
                return None
            number = self._taken
            self._taken += 1
        wait = self._began + number * self._gap - self._clock()
        if wait > 0:
            self._sleep(wait)
        return self._plan[number]

    def stop(self) -> None:
        """Nobody gets another delivery."""
        with self._lock:
            self._stopped = True

    @property
    def left(self) -> int:
        """How many deliveries nobody has taken."""
        with self._lock:
            return len(self._plan) - self._taken
