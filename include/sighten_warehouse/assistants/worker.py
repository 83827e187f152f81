"""Answers in a process of its own, which ends with a query that nothing else stops."""

import multiprocessing
import resource
import signal
from multiprocessing.connection import Connection
from threading import Lock

from sighten_warehouse.assistants.answering import Limits, Rows, UnansweredError, answer
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.remotes import remote_of
from sighten_warehouse.settings import Settings, read_settings

MAX_BYTES = 3 * 2**30  # the engine keeps to less, save where one function makes a text of gigabytes
START_SECONDS = 60.0
GRACE_SECONDS = 3.0  # after which a query that cannot be interrupted is ended with the process


class Worker:
    """Answers one question at a time; thread-safe."""

    def __init__(self, settings: Settings, limits: Limits, *, grace: float = GRACE_SECONDS) -> None:
        # A home on object storage is known only to the process that read its settings.
        self._settings = None if remote_of(settings.layout.root) else settings
        self._limits = limits
        self._grace = grace
        self._lock = Lock()
        self._process: multiprocessing.process.BaseProcess | None = None

    def answer(self, sql: str) -> Rows:
        """See `answering.answer`.

        Raises:
            WarehouseError: likewise, or the process was ended, which the next question starts again.
        """
        with self._lock:
            found = self._ask(sql)
        if isinstance(found, WarehouseError):
            raise found
        return found

    def _ask(self, sql: str) -> Rows | WarehouseError:
        try:
            if self._process is None:
                self._start()
            self._questions.send(sql)
            if self._questions.poll(self._limits.seconds + self._grace):
                found: Rows | WarehouseError = self._questions.recv()
                return found
        except (EOFError, OSError):
            self._stop()
            return UnansweredError("the engine ended: expected a query that needs less memory")
        self._stop()
        return UnansweredError(f"stopped after {self._limits.seconds:g} s, with its process: expected a faster query")

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")  # a fork would inherit locks that other threads hold
        self._questions, theirs = context.Pipe()
        self._process = context.Process(
            target=_answer_all, args=(theirs, self._settings, self._limits), name="answers", daemon=True
        )
        self._process.start()
        theirs.close()
        if self._questions.poll(START_SECONDS):
            self._questions.recv()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        self._questions.close()


def _answer_all(questions: Connection, given: Settings | None, limits: Limits) -> None:
    """Answer until the other side ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, highest = resource.getrlimit(resource.RLIMIT_DATA)
    most = MAX_BYTES if highest == resource.RLIM_INFINITY else min(MAX_BYTES, highest)
    resource.setrlimit(resource.RLIMIT_DATA, (most, highest))
    settings = given or read_settings()
    questions.send("ready")
    while True:
        try:
            sql = questions.recv()
        except EOFError:
            return
        try:
            questions.send(answer(sql, settings=settings, limits=limits))
        except WarehouseError as error:
            questions.send(error)
