"""Refused deliveries: each is counted, and one line a minute at most says so."""

from collections.abc import Callable
from time import monotonic

import structlog

from sighten_warehouse.receiver.metrics import ReceiverMetrics

SECONDS_BETWEEN_LINES = 60.0

log = structlog.get_logger()


class Refusals:
    """Counts deliveries whose sender did not prove who it is; `clock` gives seconds that only go forward."""

    def __init__(self, metrics: ReceiverMetrics, *, clock: Callable[[], float] = monotonic) -> None:
        self._counter = metrics.deliveries.labels("unauthenticated")
        self._clock = clock
        self._since_line = 0
        self._next_line_at: float | None = None

    def add(self) -> None:
        """One more; whoever sends many must not fill the disk with lines about them."""
        self._counter.inc()
        self._since_line += 1
        now = self._clock()
        if self._next_line_at is None or now >= self._next_line_at:
            log.warning("refused_unauthenticated", deliveries=self._since_line)
            self._since_line = 0
            self._next_line_at = now + SECONDS_BETWEEN_LINES
