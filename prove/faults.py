"""Faults in one process, at the seam through which the product changes files, at named points."""

import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Literal

from sighten_warehouse import durable

if TYPE_CHECKING:
    from types import FrameType

PACKAGE = "sighten_warehouse."
SEAM = "sighten_warehouse.durable"
Strike = Literal["kill", "terminate", "error", "none"]
SIGNALS = {"kill": signal.SIGKILL, "terminate": signal.SIGTERM}


@dataclass(frozen=True)
class AllBut:
    """Every point but these."""

    points: frozenset[str]

    def __contains__(self, point: object) -> bool:
        return point not in self.points


@dataclass(frozen=True)
class Fault:
    """What happens to one run of an actor.

    Args:
        strike: what happens at one of the points; an error comes in place of the operation.
        points: such as `before fsync in landing.files.write_landing_file`.
        chance: that it happens when one of them is reached, from 0 to 1.
        seed: of these chances.
        errno: the operating system's error.
        slow_fsync_s: how much longer each fsync takes.
        refused: an operation that the file system does not have, as some have no hard links.
        surely: points at which it happens in any case.
    """

    strike: Strike = "none"
    points: Container[str] = frozenset()
    chance: float = 1.0
    seed: int = 0
    errno: int = 0
    slow_fsync_s: float = 0.0
    refused: str = ""
    surely: frozenset[str] = frozenset()


class FaultyDisk:
    """Changes files as `durable.Disk` does, with one fault; writes every point that it reaches to the file `journal`.

    A line of the journal: the name of the run, `reached` or `struck`, and the point. One write each, so that a kill
    loses none.
    """

    def __init__(self, fault: Fault, *, run: str, journal: Path) -> None:
        self._fault = fault
        self._run = run
        self._journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._random = Random(fault.seed)
        self._reached: set[str] = set()
        self._is_struck = False
        self._lock = threading.Lock()

    def install(self) -> None:
        """Let this process change files through this disk."""
        durable.DISK.change = self.change  # type: ignore[method-assign, unused-ignore]

    def change(self, operation: str, path: Path, change: durable.Change) -> None:
        """Do it, unless the fault comes first."""
        place = f"{operation} of {path}" if operation == "commit" else f"{operation} in {_caller()}"
        self._reach(f"before {place}", path)
        if operation == "fsync" and self._fault.slow_fsync_s:
            time.sleep(self._fault.slow_fsync_s)
        if operation == self._fault.refused:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM), str(path))
        change()
        self._reach(f"after {place}", path)

    def _reach(self, point: str, path: Path) -> None:
        with self._lock:
            if point not in self._reached:
                self._reached.add(point)
                self._write("reached", point)
            if self._is_struck or not self._is_chosen(point):
                return
            self._is_struck = True
            self._write("struck", point)
        if self._fault.strike == "error":
            raise OSError(self._fault.errno, os.strerror(self._fault.errno), str(path))
        if self._fault.strike in SIGNALS:
            os.kill(os.getpid(), SIGNALS[self._fault.strike])

    def _is_chosen(self, point: str) -> bool:
        is_by_chance = point in self._fault.points and self._random.random() < self._fault.chance
        return is_by_chance or point in self._fault.surely

    def _write(self, what: str, point: str) -> None:
        os.write(self._journal, f"{self._run}\t{what}\t{point}\n".encode())


def _caller() -> str:
    """The function of the product that asked for the change."""
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  (the only way to a caller's name)
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        if module.startswith(PACKAGE) and module != SEAM:
            return f"{module.removeprefix(PACKAGE)}.{frame.f_code.co_qualname.partition('.<locals>')[0]}"
        frame = frame.f_back
    return "?"
