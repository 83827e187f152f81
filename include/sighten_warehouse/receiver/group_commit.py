"""Group commit: one thread lands all waiting deliveries with a single sync."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Protocol, Self

import structlog

from sighten_warehouse.durable import sync
from sighten_warehouse.errors import StorageError
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import ARRIVALS, Arrival
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.receiver.metrics import ReceiverMetrics

GROUP_BYTES = 32 * 1024 * 1024

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class WebhookDelivery:
    """The body of a request and its metadata."""

    body: bytes
    method: str
    content_type: str | None
    headers: Mapping[str, str]


@dataclass(frozen=True)
class _Waiting:
    delivery: WebhookDelivery
    arrival: Arrival
    landed: "Future[str]"

    def line(self) -> bytes:
        return landing_line(
            self.delivery.body,
            landing_id=self.arrival.landing_id,
            received_at=self.arrival.received_at,
            method=self.delivery.method,
            content_type=self.delivery.content_type,
            headers=self.delivery.headers,
        )


class Write(Protocol):
    """Writes one new landing file: `write_landing_file`, or in tests a failing disk."""

    def __call__(self, landing: Path, lines: Sequence[bytes], *, received_at: datetime) -> str:
        """Return the file's name below `landing`."""


class Committer:
    """Lands deliveries from any thread in order of arrival; as a context manager it lands all of them before it exits.

    While one group is synced the next one gathers, so a slow disk makes groups larger, not the queue longer. Each group
    is a new landing file, so bytes left by a failed sync are never in a file that was acknowledged. A group has at most
    `max_group_bytes` of bodies, or one larger body.
    """

    def __init__(
        self,
        landing: Path,
        *,
        metrics: ReceiverMetrics,
        write: Write = write_landing_file,
        next_arrival: Callable[[], Arrival] = ARRIVALS.next,
        max_group_bytes: int = GROUP_BYTES,
    ) -> None:
        self._landing = landing
        self._metrics = metrics
        self._write = write
        self._next_arrival = next_arrival
        self._max_group_bytes = max_group_bytes
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._accepts = False
        self._synced_folder: Path | None = None
        self._thread = threading.Thread(target=self._run, name="committer")

    @property
    def is_running(self) -> bool:
        """Whether deliveries submitted now will be landed."""
        return self._accepts

    def submit(self, delivery: WebhookDelivery) -> "Future[str]":
        """Queue the delivery; the future has its landing id once it is on stable storage, else raises StorageError.

        Raises:
            StorageError: the committer does not run.
        """
        landed: Future[str] = Future()
        with self._changed:
            if not self._accepts:
                raise StorageError(f"{self._landing}: the committer does not run; nothing is landed")
            self._waiting.append(_Waiting(delivery, self._next_arrival(), landed))
            self._changed.notify()
        return landed

    def __enter__(self) -> Self:
        self._accepts = True
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._changed:
            self._accepts = False
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while group := self._next_group():
                self._commit(group)
        finally:
            self._refuse_remaining()

    def _next_group(self) -> list[_Waiting]:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or not self._accepts)
            group: list[_Waiting] = []
            size = 0
            while self._waiting and (not group or size + len(self._waiting[0].delivery.body) <= self._max_group_bytes):
                group.append(self._waiting.popleft())
                size += len(group[-1].delivery.body)
            return group

    def _commit(self, group: list[_Waiting]) -> None:
        group = [waiting for waiting in group if waiting.landed.set_running_or_notify_cancel()]
        if not group:
            return
        started = perf_counter()
        try:
            lines = [waiting.line() for waiting in group]
            name = self._write(self._landing, lines, received_at=group[0].arrival.received_at)
            self._make_folder_durable((self._landing / name).parent)
        except BaseException as error:
            self._refuse(group, error)  # after any error: the group is not stored, and senders wait
            if not isinstance(error, Exception):
                raise
        else:
            self._acknowledge(group, name, seconds=perf_counter() - started)

    def _make_folder_durable(self, folder: Path) -> None:
        # Another process may have made the day's folder and crashed before it synced the parent.
        if folder != self._synced_folder:
            sync(folder.parent)
            self._synced_folder = folder

    def _acknowledge(self, group: list[_Waiting], name: str, *, seconds: float) -> None:
        self._metrics.group_size.observe(len(group))
        self._metrics.commit_seconds.observe(seconds)
        self._metrics.landed_bytes.inc(sum(len(waiting.delivery.body) for waiting in group))
        for waiting in group:
            waiting.landed.set_result(waiting.arrival.landing_id)
        for waiting in group:
            size = len(waiting.delivery.body)
            log.info("landed", landing_id=waiting.arrival.landing_id, bytes=size, landing_file=name)

    def _refuse(self, group: list[_Waiting], error: BaseException) -> None:
        log.error("commit_failed", deliveries=len(group), landing=str(self._landing), error=repr(error))
        for waiting in group:
            storage_error = StorageError(f"{self._landing}: could not store the delivery: {error}")
            storage_error.__cause__ = error
            waiting.landed.set_exception(storage_error)

    def _refuse_remaining(self) -> None:
        with self._changed:
            self._accepts = False
            remaining = [waiting for waiting in self._waiting if waiting.landed.set_running_or_notify_cancel()]
            self._waiting.clear()
        if remaining:
            self._refuse(remaining, RuntimeError("the committer ended"))
