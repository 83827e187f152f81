"""What the receiver counts and measures, in a registry of its own."""

from collections.abc import Callable
from time import monotonic
from typing import Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

DeliveryOutcome = Literal["landed", "too_large", "unauthenticated", "not_stored", "incomplete"]
OUTCOMES: tuple[DeliveryOutcome, ...] = ("landed", "too_large", "unauthenticated", "not_stored", "incomplete")

GROUP_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

SECONDS_BETWEEN_LINES = 60.0
log = structlog.get_logger()


class ReceiverMetrics:
    """The receiver's counters; every outcome is there from the start, with 0."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "sighten_deliveries", "Deliveries by what became of them.", ["outcome"], registry=self.registry
        )
        for outcome in OUTCOMES:
            self.deliveries.labels(outcome)
        self.landed_bytes = Counter(
            "sighten_landed_bytes", "Bytes of the bodies that were landed.", registry=self.registry
        )
        self.group_size = Histogram(
            "sighten_group_size",
            "Deliveries that one sync made durable.",
            buckets=GROUP_SIZES,
            registry=self.registry,
        )
        self.commit_seconds = Histogram(
            "sighten_commit_seconds",
            "Time to build, write and sync one landing file.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.waiting_bytes = Gauge(
            "sighten_waiting_bytes", "Bytes of bodies in memory, not yet answered.", registry=self.registry
        )

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        return generate_latest(self.registry)


class RefusalLog:
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
