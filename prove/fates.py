"""What happens to the next run of an actor: most die at a point where fewer died than elsewhere."""

import errno
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from statistics import median_low

from prove.actors import Actor
from prove.faults import Fault, Strike

SLOW_FSYNC_S = 0.010
ERRORS = {
    errno.EIO: ("write", "fsync"),
    errno.ENOSPC: ("write", "rename", "mkdir", "link", "copy"),
    errno.EROFS: ("write", "rename", "mkdir", "link", "copy"),
}
CHANCES = (1.0, 0.3, 0.1)
CHANCE_WHILE_SERVING = 0.1  # so that a receiver lands something before it dies


@dataclass(frozen=True)
class Fate:
    """The fault in the process itself, and a signal from outside after some seconds."""

    fault: Fault = field(default_factory=Fault)
    signal_after_s: float | None = None
    signal: Strike = "none"


UNHARMED = Fate()


class Fates:
    """Draws fates by a seed, and counts the points that were reached and struck, by actor."""

    def __init__(self, random: Random, *, known: Mapping[str, int] | None = None) -> None:
        """`known`: the points of earlier runs, and how often they were struck."""
        self.struck: Counter[tuple[str, str]] = Counter()
        for name, times in (known or {}).items():
            actor, _, point = name.partition(": ")
            self.struck[actor, point] = times
        self._random = random
        self._seconds: dict[str, float] = {}

    def draw(self, actor: Actor) -> Fate:
        """The fate of the actor's next run."""
        kind = self._random.random()
        slow = SLOW_FSYNC_S if self._random.random() < 0.1 else 0.0
        if kind < 0.1 and not actor.serves_s:
            return Fate(Fault(slow_fsync_s=slow))
        if kind < 0.25:
            return Fate(Fault(slow_fsync_s=slow), self._moment(actor), self._signal())
        fault = self._error(actor, slow) if kind < 0.35 else self._death(actor, slow)
        # What runs until it is stopped may never come to its point.
        return Fate(fault, self._moment(actor), self._signal()) if actor.serves_s else Fate(fault)

    def _moment(self, actor: Actor) -> float:
        most = actor.serves_s or self._seconds.get(actor.name, 1.0)
        return self._random.uniform(0.05, most)

    def _signal(self) -> Strike:
        return "kill" if self._random.random() < 0.75 else "terminate"

    def _death(self, actor: Actor, slow: float) -> Fault:
        """Death at a point that was struck less often than others; in any case where no process has died yet."""
        struck = {point: self.struck[actor.name, point] for point in self._points(actor)}
        limit = median_low(struck.values()) if struck else 0
        rare = frozenset(point for point, times in struck.items() if times <= limit)
        return replace(self._fault(actor, self._signal(), rare, slow), surely=self._untried())

    def _untried(self) -> frozenset[str]:
        """The points that some process came to, and at which none died yet."""
        somewhere = {point for (_, point), times in self.struck.items() if times}
        return frozenset(point for _, point in self.struck if point not in somewhere)

    def _error(self, actor: Actor, slow: float) -> Fault:
        number = self._random.choice(sorted(ERRORS))
        changes = ERRORS[number]
        points = (point for point in self._points(actor) if point.startswith("before"))
        return self._fault(
            actor, "error", frozenset(point for point in points if point.split()[1] in changes), slow, errno=number
        )

    def _fault(self, actor: Actor, strike: Strike, points: frozenset[str], slow: float, *, errno: int = 0) -> Fault:
        chance = CHANCE_WHILE_SERVING if actor.serves_s else self._random.choice(CHANCES)
        return Fault(strike, points, chance, self._random.randrange(2**31), errno, slow)

    def _points(self, actor: Actor) -> list[str]:
        return sorted(point for name, point in self.struck if name == actor.name)

    def reached(self, actor: str, point: str) -> None:
        """Note that a run of the actor came to the point."""
        self.struck[actor, point] += 0

    def strike(self, actor: str, point: str) -> None:
        """Note that a run of the actor was struck there."""
        self.struck[actor, point] += 1

    def lasted(self, actor: str, seconds: float) -> None:
        """Note how long a run took that nothing happened to."""
        self._seconds[actor] = seconds


def read_new_lines(path: Path, *, after: int) -> tuple[Iterable[list[str]], int]:
    """The complete lines of the journal beyond that byte, divided at tabs, and where the next reading begins."""
    if not path.exists():
        return [], after
    with path.open("rb") as file:
        file.seek(after)
        content = file.read()
    end = content.rfind(b"\n") + 1
    return [line.split("\t") for line in content[:end].decode().splitlines()], after + end
