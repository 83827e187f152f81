"""The stack's processes: start, log, watch and end them, with all their descendants."""

import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from devstack.errors import StackError
from devstack.plan import REPOSITORY
from devstack.process_marks import end_marked, mark_environment
from devstack.waiting import wait_until

GRACE_SECONDS = 10.0
KILL_SECONDS = 5.0
TAIL_LINES, LINE_WIDTH = 15, 160


class ChildDiedError(StackError):
    """The served process of that name has ended."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


class Processes:
    """Processes under one mark, in the order of their start."""

    def __init__(self, *, logs: Path, mark: str, environment: Mapping[str, str]) -> None:
        self._logs = logs
        self._mark = mark
        self._environment = {**environment, **mark_environment(mark)}
        self._serving: dict[str, subprocess.Popen[bytes]] = {}
        self._commands: dict[str, Sequence[str]] = {}
        self._grace: dict[str, float] = {}

    def serve(self, name: str, command: Sequence[str], *, grace_seconds: float = GRACE_SECONDS) -> None:
        """Start a process that must keep running; `stop` gives it the grace time to end."""
        self._serving[name] = self.start(name, command)
        self._commands[name] = command
        self._grace[name] = grace_seconds

    def restart(self, name: str) -> None:
        """Start a served process again that has ended."""
        self._serving[name] = self.start(name, self._commands[name])

    def start(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a process that ends by itself; its output goes to `<name>.log`, the last one is kept beside it."""
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
                start_new_session=True,  # Ctrl-C reaches only the supervisor, which ends them in order
            )

    def wait(
        self, name: str, process: subprocess.Popen[bytes], *, seconds: float, meanwhile: Callable[[], object]
    ) -> None:
        """Wait for the process to exit with code 0.

        Raises:
            StackError: it failed, and the message shows the end of its log; or it did not end in time.
        """
        wait_until(lambda: process.poll() is not None, what=f"the end of {name}", seconds=seconds, meanwhile=meanwhile)
        if process.returncode:
            raise StackError(f"{name} {format_exit(process.returncode)}; {self.log_tail(name)}")

    def log(self, name: str) -> Path:
        """The log file of that process."""
        return self._logs / f"{name}.log"

    def check_alive(self) -> None:
        """Check that every served process runs.

        Raises:
            ChildDiedError: names the one that ended, and shows its exit and the end of its log.
        """
        for name, process in self._serving.items():
            code = process.poll()
            if code is not None:
                raise ChildDiedError(name, f"{name} {format_exit(code)}; {self.log_tail(name)}")

    def log_tail(self, name: str) -> str:
        """The last lines of that process' log, and its path."""
        lines = [line[:LINE_WIDTH] for line in self.log(name).read_text(errors="replace").splitlines()[-TAIL_LINES:]]
        return "\n    ".join([f"the last lines of {self.log(name)}:", *lines])

    def stop(self) -> None:
        """End all processes in reverse order, and then all their descendants."""
        for name, process in reversed(self._serving.items()):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(self._grace[name])
            except subprocess.TimeoutExpired:
                process.kill()
        self._serving.clear()
        end_marked(self._mark, grace_seconds=KILL_SECONDS)


def format_exit(code: int) -> str:
    """An exit code in words."""
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def program(name: str) -> str:
    """The path of a program in this virtual environment."""
    return str(Path(sys.executable).parent / name)
