"""Deliveries that wait to be landed, and which of them share a landing file."""

import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sighten_warehouse.errors import StorageError
from sighten_warehouse.landing.ids import Arrival
from sighten_warehouse.landing.line import landing_line

GATHER_SECONDS = 0.003  # without a further delivery, after which a smaller group is taken

Landed = str | StorageError
"""The landing id of a delivery on stable storage, or why it could not be stored."""


@dataclass(frozen=True, kw_only=True)
class WebhookDelivery:
    """The body of a request and its metadata."""

    body: bytes
    method: str
    content_type: str | None
    headers: Mapping[str, str]


class Submission:
    """A delivery that waits to be landed."""

    __slots__ = ("_delivery", "_line", "arrival", "body_bytes", "is_cancelled", "on_settled")

    def __init__(self, delivery: WebhookDelivery, arrival: Arrival, on_settled: Callable[[Landed], None]) -> None:
        self.arrival = arrival
        self.body_bytes = len(delivery.body)
        self.on_settled = on_settled
        self.is_cancelled = False
        self._delivery: WebhookDelivery | None = delivery
        self._line = b""

    def cancel(self) -> None:
        """Do not land it, unless its group is being written; nobody is called back if not."""
        self.is_cancelled = True

    def line(self) -> bytes:
        """Its landing line; made at the first call, and kept in place of the delivery."""
        if self._delivery is not None:
            delivery, self._delivery = self._delivery, None
            self._line = landing_line(
                delivery.body,
                landing_id=self.arrival.landing_id,
                received_at=self.arrival.received_at,
                method=delivery.method,
                content_type=delivery.content_type,
                headers=delivery.headers,
            )
        return self._line


class SubmissionQueue:
    """Hands deliveries in order of arrival to `writers` threads, in groups of at most `max_group_bytes` of bodies.

    Senders that were answered together send their next deliveries one after the other. The first of them would be
    synced alone, and all others would wait for that sync. So a writer waits until as many have come as its part of
    those that were in progress at the same time lately, or no further one comes. A sender on its own never waits.
    """

    def __init__(self, *, writers: int, max_group_bytes: int, gather_seconds: float = GATHER_SECONDS) -> None:
        self._writers = writers
        self._max_group_bytes = max_group_bytes
        self._gather_seconds = gather_seconds
        self._waiting: deque[Submission] = deque()
        self._changed = threading.Condition()
        self._turn = threading.Lock()  # of the writer that takes the next group
        self._wake_at = 0  # so many waiting; each wake-up costs a switch of threads
        self._in_progress = 0  # taken and not settled
        self._concurrent = 0  # the most in progress lately
        self.is_open = False

    def open(self) -> None:
        """Take submissions from now on."""
        self.is_open = True

    def put(self, submission: Submission) -> bool:
        """Let it wait, or return False if the queue is not open."""
        with self._changed:
            if not self.is_open:
                return False
            self._waiting.append(submission)
            if len(self._waiting) == self._wake_at:
                self._changed.notify()
            return True

    def take(self) -> list[Submission]:
        """The next group, once there is one; empty if the queue is closed and nothing waits. Call `settled` for it."""
        with self._turn, self._changed:
            self._wake_at = 1
            self._changed.wait_for(lambda: self._waiting or not self.is_open)
            self._gather()
            self._wake_at = 0
            group: list[Submission] = []
            size = 0
            while self._waiting and (not group or size + self._waiting[0].body_bytes <= self._max_group_bytes):
                group.append(self._waiting.popleft())
                size += group[-1].body_bytes
            self._in_progress += len(group)
            self._concurrent = max(self._in_progress, self._concurrent * 3 // 4)
            return group

    def settled(self, group: list[Submission]) -> None:
        """The group is no longer in progress."""
        with self._changed:
            self._in_progress -= len(group)

    def close(self) -> None:
        """Take no more submissions; those that wait can still be taken."""
        with self._changed:
            self.is_open = False
            self._changed.notify_all()

    def drain(self) -> list[Submission]:
        """Close, and remove all that wait."""
        self.close()
        with self._changed:
            remaining = list(self._waiting)
            self._waiting.clear()
            return remaining

    def _gather(self) -> None:
        self._wake_at = self._concurrent // self._writers
        while self.is_open and len(self._waiting) < self._wake_at:
            found = len(self._waiting)
            self._changed.wait(self._gather_seconds)
            if len(self._waiting) == found:
                return
