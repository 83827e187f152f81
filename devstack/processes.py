"""The stack's processes: each with its own log file, watched, and ended without a survivor."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from devstack.errors import StackError
from devstack.plan import REPOSITORY
from devstack.process_marks import end_marked, marking
from devstack.waiting import wait_until

GRACE_SECONDS = 10.0
KILL_SECONDS = 5.0
TAIL_LINES, LINE_WIDTH = 15, 160


class ChildDiedError(StackError):
    """A process that was to keep running has ended."""


class Processes:
    """What this supervisor started under one mark, in that order."""

    def __init__(self, *, logs: Path, mark: str, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._mark = mark
        self._environment = {**environment, **marking(mark)}
        self._serving: dict[str, subprocess.Popen[bytes]] = {}
        self._grace: dict[str, float] = {}

    def serve(self, name: str, command: Sequence[str], *, grace_seconds: float = GRACE_SECONDS) -> None:
        """Start a process that is to keep running; asked to end, it has that long to finish what it is doing."""
        self._serving[name] = self.start(name, command)
        self._grace[name] = grace_seconds

    def start(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a process that ends by itself; its output goes to `<name>.log`, what was there is kept beside it."""
        self._logs.mkdir(parents=True, exist_ok=True)
        if self.log(name).exists():
            self.log(name).replace(self.log(f"{name}.previous"))
        with self.log(name).open("wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=REPOSITORY,
                env=self._environment,
                start_new_session=True,  # Ctrl-C at the terminal is for the supervisor, which ends them in order
            )

    def finish(
        self, name: str, process: subprocess.Popen[bytes], *, seconds: float, meanwhile: Callable[[], object]
    ) -> None:
        """The process ended well within that time.

        Raises:
            StackError: it ended badly; the message has its last words. Or it did not end.
        """
        wait_until(lambda: process.poll() is not None, what=f"the end of {name}", seconds=seconds, meanwhile=meanwhile)
        if process.returncode:
            raise StackError(f"{name} {describe_end(process.returncode)}; {self.last_words(name)}")

    def log(self, name: str) -> Path:
        """Where that process' output goes."""
        return self._logs / f"{name}.log"

    def check_alive(self) -> None:
        """Nothing, while every process that is to keep running does.

        Raises:
            ChildDiedError: says which ended, how, and with what last words.
        """
        for name, process in self._serving.items():
            code = process.poll()
            if code is not None:
                raise ChildDiedError(f"{name} {describe_end(code)}; {self.last_words(name)}")

    def last_words(self, name: str) -> str:
        """The end of that process' log, and where all of it is."""
        lines = [line[:LINE_WIDTH] for line in self.log(name).read_text(errors="replace").splitlines()[-TAIL_LINES:]]
        return "\n    ".join([f"the end of {self.log(name)}:", *lines])

    def stop(self) -> None:
        """End everything, each before what it needs, and whatever any of it had started."""
        for name, process in reversed(self._serving.items()):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(self._grace[name])
            except subprocess.TimeoutExpired:
                process.kill()
        self._serving.clear()
        end_marked(self._mark, grace_seconds=KILL_SECONDS)


def describe_end(code: int) -> str:
    """An exit code in words."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def program(name: str) -> str:
    """The path of a program of this virtual environment."""
    return str(Path(sys.executable).parent / name)
