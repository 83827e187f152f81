"""The time, and waiting for it to pass; tests pass one in that needs no waiting."""

import time
from datetime import UTC, datetime


class Clock:
    """This machine's."""

    def monotonic(self) -> float:
        """Seconds that only go forward, for deadlines."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time of day, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Returns so many seconds later."""
        time.sleep(seconds)
