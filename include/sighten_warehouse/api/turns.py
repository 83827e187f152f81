"""Room and a turn: what every request to the API waits for."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sighten_warehouse.api.attempt import Attempt
from sighten_warehouse.api.budget import ApiBudget
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ApiUnavailableError


class Turns:
    """Lets no more than `concurrency` requests of one client be under way, each with a turn of the budget."""

    def __init__(self, budget: ApiBudget, *, concurrency: int, clock: Clock) -> None:
        self._budget = budget
        self._under_way = threading.BoundedSemaphore(concurrency)
        self._clock = clock

    @contextmanager
    def one(self, attempt: Attempt) -> Iterator[None]:
        """Room for one request, kept as long as the context lasts.

        Raises:
            ApiUnavailableError: there was none within the attempt's time.
        """
        if not self._under_way.acquire(timeout=max(0.0, attempt.until - self._clock.monotonic())):
            raise ApiUnavailableError(f"{attempt.path}: other calls did not end in time, expected room for one more")
        try:
            # Every request is a call to the API: retries, redirects and those refused with 429 take a turn too.
            if not self._budget.take(within_s=attempt.until - self._clock.monotonic()):
                raise ApiUnavailableError(
                    f"{attempt.path}: no turn within the call's time, expected one by SIGHTEN_API_RATE"
                )
            yield
        finally:
            self._under_way.release()
