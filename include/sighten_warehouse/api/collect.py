"""Runs calls concurrently and lands their answers in small batches."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import TypeVar

import msgspec
import structlog

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.errors import CircuitOpenError, StorageError, TransientError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import ARRIVALS
from sighten_warehouse.landing.line import API_REQUEST_HEADER, landing_line

log = structlog.get_logger()

Task = TypeVar("Task")
Result = TypeVar("Result")

MAX_UNLANDED = 100
MAX_UNLANDED_AGE = timedelta(seconds=1)


class AnswerCollector:
    """Collects answers from any thread and lands up to a hundred per file, at the latest after some seconds.

    So a crash loses few answers; the next run requests them again.
    """

    def __init__(self, landing: Path) -> None:
        self._landing = landing
        self._lock = Lock()
        self._unlanded: list[tuple[Answer, ApiRequest]] = []

    def add(self, answer: Answer, request: ApiRequest) -> None:
        """Add an answer; it is landed now if enough wait, else with a later one or by `land`.

        Raises:
            StorageError: the disk refused a write.
        """
        with self._lock:
            self._unlanded.append((answer, request))
            age = answer.received_at - self._unlanded[0][0].received_at
            if len(self._unlanded) >= MAX_UNLANDED or age >= MAX_UNLANDED_AGE:
                self._land()

    def land(self) -> None:
        """Land everything added so far.

        Raises:
            StorageError: the disk refused a write; what is not landed stays for the next call.
        """
        with self._lock:
            self._land()

    def _land(self) -> None:
        try:
            name = land_answers(self._landing, self._unlanded)
        except OSError as error:
            raise StorageError(f"{self._landing}: {error.strerror}, expected to land answers there") from error
        if name:
            log.info("landed", file=name, answers=len(self._unlanded))
        self._unlanded = []


@contextmanager
def collecting_answers(landing: Path) -> Iterator[AnswerCollector]:
    """Open a collector and land its answers at the end, also after an error.

    Raises:
        StorageError: the disk refused a write.
    """
    answers = AnswerCollector(landing)
    try:
        yield answers
    finally:
        answers.land()


def run_concurrently(
    tasks: Iterable[Task], call: Callable[[Task], Result], *, threads: int
) -> Iterator[Result | TransientError]:
    """Yield the result, or the transient error, of `call(task)` for each task as it completes.

    No task is started after the circuit opens; the rest then have no outcome. Nor after a storage error or an error
    that is not transient: that is raised once the running tasks have ended.
    """
    remaining = iter(tasks)
    running: set[Future[Result]] = set()
    stop_error: BaseException | None = None
    with ThreadPoolExecutor(threads, thread_name_prefix="ask") as pool:
        while True:
            free_threads = 0 if stop_error else threads - len(running)
            running |= {pool.submit(call, task) for task in islice(remaining, free_threads)}
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                error = future.exception()
                if error is None:
                    yield future.result()
                elif isinstance(error, TransientError) and not isinstance(error, StorageError):
                    stop_error = stop_error or (error if isinstance(error, CircuitOpenError) else None)
                    yield error
                else:
                    stop_error = error
    if stop_error and not isinstance(stop_error, CircuitOpenError):
        raise stop_error


def land_answers(landing: Path, answers: Iterable[tuple[Answer, ApiRequest]]) -> str | None:
    """Write the answers to a new landing file; return its name, None if there are no answers.

    Raises:
        OSError: the disk refused a write; none of them is landed.
    """
    lines = [_answer_line(answer, request) for answer, request in answers]
    return write_landing_file(landing, lines, received_at=ARRIVALS.next().received_at) if lines else None


def _answer_line(answer: Answer, request: ApiRequest) -> bytes:
    return landing_line(
        answer.body,
        landing_id=ARRIVALS.next().landing_id,
        received_at=answer.received_at,
        source="api",
        method="GET",
        content_type=answer.content_type or None,
        headers={API_REQUEST_HEADER: msgspec.json.encode(request).decode()},
    )
