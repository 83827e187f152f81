"""Group commit: two threads land all waiting deliveries, many with one sync."""

import threading
from collections.abc import Callable, Sequence
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
from sighten_warehouse.logs import written_together
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.submissions import Landed, Submission, SubmissionQueue, WebhookDelivery

GROUP_BYTES = 32 * 1024 * 1024
WRITERS = 2
SHORT_BODY_BYTES = 64 * 1024  # its line is made at once: there is time while the disk syncs the groups before

log = structlog.get_logger()


class Write(Protocol):
    """Writes one new landing file: `write_landing_file`, or in tests a failing disk."""

    def __call__(self, landing: Path, lines: Sequence[bytes], *, received_at: datetime) -> str:
        """Return the file's name below `landing`."""


class Committer:
    """Lands deliveries in order of arrival; as a context manager it lands all of them before it exits.

    While a group is synced the next one gathers, so a slow disk makes groups larger, not the queue longer. Each group
    is a new landing file, so bytes left by a failed sync are never in a file that was acknowledged. A group has at most
    `max_group_bytes` of bodies, or one larger body. `writers` groups are synced at a time: disks often end two syncs
    with one flush.
    """

    def __init__(  # noqa: PLR0913  (what it writes to, and its limits)
        self,
        landing: Path,
        *,
        metrics: ReceiverMetrics,
        write: Write = write_landing_file,
        next_arrival: Callable[[], Arrival] = ARRIVALS.next,
        max_group_bytes: int = GROUP_BYTES,
        writers: int = WRITERS,
    ) -> None:
        self._landing = landing
        self._metrics = metrics
        self._write = write
        self._next_arrival = next_arrival
        self._queue = SubmissionQueue(writers=writers, max_group_bytes=max_group_bytes)
        self._synced_folder: Path | None = None
        self._threads = [threading.Thread(target=self._run, name=f"committer-{number}") for number in range(writers)]

    @property
    def is_running(self) -> bool:
        """Whether deliveries submitted now will be landed."""
        return self._queue.is_open

    def submit(self, delivery: WebhookDelivery, on_settled: Callable[[Landed], None]) -> Submission:
        """Queue the delivery; calls back, on another thread, once it is on stable storage or could not be stored.

        Raises:
            StorageError: the committer does not run.
        """
        submission = Submission(delivery, self._next_arrival(), on_settled)
        if submission.body_bytes <= SHORT_BODY_BYTES:
            submission.line()
        if not self._queue.put(submission):
            raise StorageError(f"{self._landing}: the committer does not run; nothing is landed")
        return submission

    def __enter__(self) -> Self:
        self._queue.open()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._queue.close()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        try:
            while self._commit_next():
                pass
        except BaseException:
            remaining = self._queue.drain()
            if remaining:
                self._refuse(remaining, RuntimeError("the committer ended"))
            raise

    def _commit_next(self) -> bool:
        # A function of its own, or the last group would stay in memory until there is a next one.
        group = self._queue.take()
        self._commit(group)
        return bool(group)

    def _commit(self, group: list[Submission]) -> None:
        kept = [submission for submission in group if not submission.is_cancelled]
        if not kept:
            self._queue.settled(group)
            return
        started = perf_counter()
        try:
            name = self._store(kept)
        except BaseException as error:
            self._queue.settled(group)
            self._refuse(kept, error)  # after any error: the group is not stored, and senders wait
            if not isinstance(error, Exception):
                raise
        else:
            self._queue.settled(group)
            self._acknowledge(kept, name, seconds=perf_counter() - started)

    def _store(self, group: list[Submission]) -> str:
        lines = [submission.line() for submission in group]
        name = self._write(self._landing, lines, received_at=group[0].arrival.received_at)
        self._make_folder_durable((self._landing / name).parent)
        return name

    def _make_folder_durable(self, folder: Path) -> None:
        # Another process may have made the day's folder and crashed before it synced the parent.
        if folder != self._synced_folder:
            sync(folder.parent)
            self._synced_folder = folder

    def _acknowledge(self, group: list[Submission], name: str, *, seconds: float) -> None:
        # First, so that whoever asks for the metrics after an acknowledgement finds it counted.
        self._metrics.group_size.observe(len(group))
        self._metrics.commit_seconds.observe(seconds)
        self._metrics.landed_bytes.inc(sum(submission.body_bytes for submission in group))
        for submission in group:
            submission.on_settled(submission.arrival.landing_id)
        with written_together():
            for submission in group:
                landing_id = submission.arrival.landing_id
                log.info("landed", landing_id=landing_id, bytes=submission.body_bytes, landing_file=name)

    def _refuse(self, group: list[Submission], error: BaseException) -> None:
        log.error("commit_failed", deliveries=len(group), landing=str(self._landing), error=repr(error))
        for submission in group:
            storage_error = StorageError(f"{self._landing}: could not store the delivery: {error}")
            storage_error.__cause__ = error
            submission.on_settled(storage_error)
