"""Times of arrival, and landing ids made from them, so that both sort alike."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_VERSION_AND_VARIANT = (7 << 76) | (2 << 62)


@dataclass(frozen=True)
class Arrival:
    """A time of arrival, and a landing id that begins with it."""

    landing_id: str
    received_at: datetime


class Arrivals:
    """A source of arrivals, each later than all before it; thread-safe.

    While the clock stands still or was set back, times advance by one microsecond each until it has caught up: the
    order of deliveries matters more than the exact time.
    """

    def __init__(self, microseconds: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self._microseconds = microseconds
        self._last = 0
        self._lock = threading.Lock()

    def next(self) -> Arrival:
        """The next arrival."""
        with self._lock:
            self._last = max(self._microseconds(), self._last + 1)
            moment = self._last
        return Arrival(_uuid7(moment), _EPOCH + timedelta(microseconds=moment))


def _uuid7(microseconds: int) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of milliseconds, 12 of their fraction (section 6.2, method 3), 62 random bits."""
    milliseconds, rest = divmod(microseconds, 1000)
    fraction = rest * 4096 // 1000
    digits = f"{(milliseconds << 80) | (fraction << 64) | _VERSION_AND_VARIANT | secrets.randbits(62):032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


ARRIVALS = Arrivals()


def new_landing_id() -> str:
    """A UUIDv7 (RFC 9562) that sorts after all earlier ones of this process."""
    return ARRIVALS.next().landing_id
