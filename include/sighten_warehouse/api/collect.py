"""Asks many questions of the API side by side, and lands the answers as they come, some at a time."""

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

Question = TypeVar("Question")
Result = TypeVar("Result")

MAX_UNLANDED = 100
LONGEST_UNLANDED = timedelta(seconds=5)


class AnswerCollector:
    """Takes answers from any thread and lands them together, a hundred in a file or what came within seconds.

    So a crash loses few of them: those are asked for again.
    """

    def __init__(self, landing: Path) -> None:
        self._landing = landing
        self._lock = Lock()
        self._waiting: list[tuple[Answer, ApiRequest]] = []

    def add(self, answer: Answer, asked: ApiRequest) -> None:
        """The answer is landed soon, at the latest by `land`.

        Raises:
            StorageError: the disk refused.
        """
        with self._lock:
            self._waiting.append((answer, asked))
            waited = answer.received_at - self._waiting[0][0].received_at
            if len(self._waiting) >= MAX_UNLANDED or waited >= LONGEST_UNLANDED:
                self._land()

    def land(self) -> None:
        """Everything added before is landed.

        Raises:
            StorageError: the disk refused; what is left may be landed later.
        """
        with self._lock:
            self._land()

    def _land(self) -> None:
        try:
            name = land_answers(self._landing, self._waiting)
        except OSError as error:
            raise StorageError(f"{self._landing}: {error.strerror}, expected to land answers there") from error
        if name:
            log.info("landed", file=name, answers=len(self._waiting))
        self._waiting = []


@contextmanager
def collecting_answers(landing: Path) -> Iterator[AnswerCollector]:
    """What is added to it is landed by the end, however that comes about.

    Raises:
        StorageError: the disk refused.
    """
    answers = AnswerCollector(landing)
    try:
        yield answers
    finally:
        answers.land()


def run_concurrently(
    questions: Iterable[Question], ask: Callable[[Question], Result], *, threads: int
) -> Iterator[Result | TransientError]:
    """What `ask` gives for each question as it comes, or why there is nothing for it this time.

    Once the circuit has opened nothing more is asked: the rest of the questions have no outcome. Nor is it after the
    disk refused, or an error that somebody must act on; that is raised when the questions under way are answered.
    """
    waiting = iter(questions)
    under_way: set[Future[Result]] = set()
    stopped: BaseException | None = None
    with ThreadPoolExecutor(threads, thread_name_prefix="ask") as pool:
        while True:
            room = 0 if stopped else threads - len(under_way)
            under_way |= {pool.submit(ask, question) for question in islice(waiting, room)}
            if not under_way:
                break
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                error = future.exception()
                if error is None:
                    yield future.result()
                elif isinstance(error, TransientError) and not isinstance(error, StorageError):
                    stopped = stopped or (error if isinstance(error, CircuitOpenError) else None)
                    yield error
                else:
                    stopped = error
    if stopped and not isinstance(stopped, CircuitOpenError):
        raise stopped


def land_answers(landing: Path, answers: Iterable[tuple[Answer, ApiRequest]]) -> str | None:
    """One new landing file with those answers as they came; returns its name, None if there are none.

    Raises:
        OSError: the disk refused; none of them is landed.
    """
    lines = [_answer_line(answer, asked) for answer, asked in answers]
    return write_landing_file(landing, lines, received_at=ARRIVALS.next().received_at) if lines else None


def _answer_line(answer: Answer, asked: ApiRequest) -> bytes:
    return landing_line(
        answer.body,
        landing_id=ARRIVALS.next().landing_id,
        received_at=answer.received_at,
        source="api",
        method="GET",
        content_type=answer.content_type or None,
        headers={API_REQUEST_HEADER: msgspec.json.encode(asked).decode()},
    )
