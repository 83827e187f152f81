"""The clock; tests pass in one of their own that does not wait."""

import time
from datetime import UTC, datetime


class Clock:
    """The clock of this machine."""

    def monotonic(self) -> float:
        """Seconds that never go back, for deadlines."""
        return time.monotonic()

    def now(self) -> datetime:
        """The current time, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for that many seconds."""
        time.sleep(seconds)
