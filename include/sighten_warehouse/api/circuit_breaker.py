"""Stops calls to an API that is down, until a cool-down has passed."""

import threading
from datetime import datetime, timedelta

from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import CircuitOpenError

FAILURES_TO_OPEN = 5
COOL_DOWN_S = 30.0
MAX_COOL_DOWN_S = 3600.0  # even if the API's Retry-After is longer
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class CircuitBreaker:
    """Opens after several calls in a row failed with all their retries; shared by the threads of one client."""

    def __init__(self, *, clock: Clock, opens_after: int = FAILURES_TO_OPEN, cool_down_s: float = COOL_DOWN_S) -> None:
        self._clock = clock
        self._opens_after = opens_after
        self._cool_down_s = cool_down_s
        self._lock = threading.Lock()
        self._failures = 0
        self._opened_at: datetime | None = None
        self._next_probe_at = 0.0

    def admit(self) -> None:
        """Let a request through if the circuit is closed; after each cool-down, let one through as a probe.

        Raises:
            CircuitOpenError: the circuit is open.
        """
        with self._lock:
            now = self._clock.monotonic()
            if self._opened_at is None:
                return
            wait = self._next_probe_at - now
            if wait <= 0:
                self._next_probe_at = now + self._cool_down_s
                return
            again = self._clock.now() + timedelta(seconds=wait)
            raise CircuitOpenError(
                f"the API was not called: {self._failures} calls in a row have failed, circuit open since "
                f"{self._opened_at:{TIME_FORMAT}}; calls are allowed again from {again:{TIME_FORMAT}}"
            )

    def succeeded(self) -> None:
        """Close the circuit after a response, even if that response is an error."""
        with self._lock:
            self._failures = 0
            self._opened_at = None

    def failed(self, *, not_before_s: float = 0.0) -> bool:
        """Count a failed call and return whether it opened the circuit.

        `not_before_s` is the API's Retry-After in seconds.
        """
        with self._lock:
            self._failures += 1
            if self._failures < self._opens_after:
                return False
            opened_now = self._opened_at is None
            self._opened_at = self._opened_at or self._clock.now()
            self._next_probe_at = self._clock.monotonic() + max(self._cool_down_s, min(not_before_s, MAX_COOL_DOWN_S))
            return opened_now
