"""Gives the deliveries of a plan to several threads at a limited rate."""

import threading
import time
from collections.abc import Callable, Sequence

from sighten_simulator.webhooks.delivery_plan import PlannedDelivery


class DeliveryQueue:
    """The deliveries of a plan in order, each no earlier than the rate allows. Thread-safe.

    Args:
        plan: the deliveries.
        rate: deliveries a second; None for no limit.
        clock: a monotonic clock, in seconds.
        sleep: waits that many seconds.
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
        self._interval = 1 / rate if rate else 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._taken = 0
        self._started = clock()
        self._stopped = False

    def take(self) -> PlannedDelivery | None:
        """Wait for the next delivery and return it; None at the end of the plan or after `stop`."""
        with self._lock:
            if self._stopped or self._taken == len(self._plan):
                return None
            number = self._taken
            self._taken += 1
        wait = self._started + number * self._interval - self._clock()
        if wait > 0:
            self._sleep(wait)
        return self._plan[number]

    def stop(self) -> None:
        """End the queue early."""
        with self._lock:
            self._stopped = True

    @property
    def remaining(self) -> int:
        """The number of deliveries not taken."""
        with self._lock:
            return len(self._plan) - self._taken
