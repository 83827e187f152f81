"""The receiver's Prometheus metrics."""

from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

DeliveryOutcome = Literal["landed", "too_large", "unauthenticated", "not_stored", "incomplete"]
OUTCOMES: tuple[DeliveryOutcome, ...] = ("landed", "too_large", "unauthenticated", "not_stored", "incomplete")

GROUP_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class ReceiverMetrics:
    """The metrics, in a registry of their own; every outcome is exported from the start, with 0."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter("sighten_deliveries", "Deliveries by outcome.", ["outcome"], registry=self.registry)
        self._counters = {outcome: self.deliveries.labels(outcome) for outcome in OUTCOMES}
        self.landed_bytes = Counter("sighten_landed_bytes", "Bytes of landed bodies.", registry=self.registry)
        self.group_size = Histogram(
            "sighten_group_size",
            "Deliveries per sync.",
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
            "sighten_waiting_bytes", "Bytes of bodies in memory that are not answered yet.", registry=self.registry
        )

    def count(self, outcome: DeliveryOutcome) -> None:
        """Count one delivery."""
        self._counters[outcome].inc()

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)
