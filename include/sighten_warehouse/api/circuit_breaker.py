"""Stops calls to an API that is down, and says since when and when it will be asked again."""

import threading
from datetime import datetime, timedelta

from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import CircuitOpenError

CALLS_THAT_OPEN_IT = 5
COOL_DOWN_S = 30.0
MOMENT = "%Y-%m-%dT%H:%M:%SZ"
LONGEST_COOL_DOWN_S = 3600.0  # whatever the API asks for


class CircuitBreaker:
    """Counts calls that failed, retries included, one after the other; shared by the threads of one client."""

    def __init__(
        self, *, clock: Clock, opens_after: int = CALLS_THAT_OPEN_IT, cool_down_s: float = COOL_DOWN_S
    ) -> None:
        self._clock = clock
        self._opens_after = opens_after
        self._cool_down_s = cool_down_s
        self._lock = threading.Lock()
        self._failures = 0
        self._since: datetime | None = None
        self._asks_again_at = 0.0

    def admit(self) -> None:
        """Lets a request through, unless the circuit is open; after each cool-down it lets one through, to find out.

        Raises:
            CircuitOpenError: it is open.
        """
        with self._lock:
            now = self._clock.monotonic()
            if self._since is None:
                return
            wait = self._asks_again_at - now
            if wait <= 0:
                self._asks_again_at = now + self._cool_down_s
                return
            again = self._clock.now() + timedelta(seconds=wait)
            raise CircuitOpenError(
                f"the API was not asked: {self._failures} calls in a row have failed, so it is left alone since "
                f"{self._since:{MOMENT}}; it will be tried again from {again:{MOMENT}} on"
            )

    def succeeded(self) -> None:
        """The API answered, if only with a refusal: whatever failed before is forgotten."""
        with self._lock:
            self._failures = 0
            self._since = None

    def failed(self, *, not_before_s: float = 0.0) -> bool:
        """A call was given up; the API asks to be left alone for so many seconds. Whether the circuit opened now."""
        with self._lock:
            self._failures += 1
            if self._failures < self._opens_after:
                return False
            opened_now = self._since is None
            self._since = self._since or self._clock.now()
            self._asks_again_at = self._clock.monotonic() + max(
                self._cool_down_s, min(not_before_s, LONGEST_COOL_DOWN_S)
            )
            return opened_now
