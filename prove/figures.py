"""The figures of a fault run: what was done, what was checked, and every promise that broke."""

from collections import Counter
from pathlib import Path

import msgspec


class Broken(msgspec.Struct, frozen=True):
    """A promise that did not hold, and where the evidence is."""

    promise: str
    what: str
    evidence: str


class Figures(msgspec.Struct):
    """Counts; those of several runs add up.

    `kills`: `actor signal` → times. `points`: `actor: point` → how often a run was struck there. `errors`: injected
    ones. `disturbances`: of the machine. `healed`: what healed a damage → times.
    """

    runs: int = 0
    lives: int = 0
    seconds: float = 0.0
    starts: int = 0
    kills: dict[str, int] = {}
    points: dict[str, int] = {}
    errors: dict[str, int] = {}
    disturbances: dict[str, int] = {}
    explained: int = 0
    sent_again: int = 0
    acknowledged: int = 0
    landed: int = 0
    lost: int = 0
    doubled: int = 0
    erased: int = 0
    restored: int = 0
    reads: int = 0
    versions_read: int = 0
    mixed_reads: int = 0
    slowest_read_s: float = 0.0
    balances: int = 0
    healed: dict[str, int] = {}
    broken: list[Broken] = []
    seeds: list[int] = []
    machine: list[str] = []

    @property
    def killed(self) -> int:
        """The number of kills."""
        return sum(self.kills.values())

    def count(self, counter: str, name: str) -> None:
        """Add one to the name in one of the counters."""
        counted = getattr(self, counter)
        counted[name] = counted.get(name, 0) + 1

    def breaks(self, promise: str, what: str, evidence: Path) -> None:
        """Record that a promise did not hold."""
        self.broken.append(Broken(promise, what, str(evidence)))

    def __add__(self, other: "Figures") -> "Figures":
        added = {name: _sum(name, getattr(self, name), getattr(other, name)) for name in self.__struct_fields__}
        return msgspec.convert(added, Figures)


def _sum(name: str, one: object, other: object) -> object:
    if isinstance(one, dict) and isinstance(other, dict):
        summed = Counter(one)
        summed.update(other)
        return dict(summed)
    if isinstance(one, list) and isinstance(other, list):
        return [*one, *(item for item in other if item not in one)]
    if isinstance(one, int | float) and isinstance(other, int | float):
        return max(one, other) if name == "slowest_read_s" else one + other
    raise TypeError(f"{name}: expected counts, lists or numbers")


def read_figures(path: Path) -> Figures:
    """The figures of earlier runs; none where there is no such file."""
    return msgspec.json.decode(path.read_bytes(), type=Figures) if path.exists() else Figures()


def write_figures(path: Path, figures: Figures) -> None:
    """Write them as JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(figures), indent=1))
