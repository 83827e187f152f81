"""The log of what is refused: a line for each event would let strangers fill the disk."""

from collections.abc import Callable
from time import monotonic

import structlog

LOG_INTERVAL_SECONDS = 60.0

log = structlog.get_logger()


class RefusalLog:
    """Logs each kind of event once a minute, with its number and the fields of the last; `clock` is monotonic."""

    def __init__(self, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._unlogged: dict[str, int] = {}
        self._next_log_at: dict[str, float] = {}

    def add(self, event: str, **fields: object) -> None:
        """One more; `event` is one of few names."""
        number = self._unlogged.get(event, 0) + 1
        now = self._clock()
        if now >= self._next_log_at.get(event, now):
            log.warning(event, times=number, **fields)
            self._next_log_at[event] = now + LOG_INTERVAL_SECONDS
            number = 0
        self._unlogged[event] = number
