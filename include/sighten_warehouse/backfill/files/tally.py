"""Counts of what an import found, landed and could not read; their size is bounded."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from sighten_warehouse.errors import RejectedError

MAX_NAMED = 1_000
MAX_LISTED = 20


@dataclass
class KindCounts:
    """Counts of one kind of file and its bodies."""

    files: int = 0
    bodies: int = 0
    size: int = 0
    new: int = 0


@dataclass
class Tally:
    """The counts of an import so far; `new` bodies are landed or, in a dry run, would be.

    `kinds`: path and kind → counts; the path is empty if there are more than `MAX_LISTED` files. `times`: source of the
    time of receiving → bodies. `days`: day → new bodies.
    """

    files: int = 0
    size: int = 0
    kinds: dict[tuple[str, str], KindCounts] = field(default_factory=lambda: defaultdict(KindCounts))
    days: Counter[date] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    without_requested_time: int = 0
    first_without_requested_time: str = ""
    landing_files: int = 0
    unreadable_count: int = 0
    unreadable: list[tuple[str, RejectedError]] = field(default_factory=list)
    stopped: bool = False

    @property
    def bodies(self) -> int:
        """Number of bodies found."""
        return sum(kind.bodies for kind in self.kinds.values())

    @property
    def new(self) -> int:
        """Number of bodies that were not landed before."""
        return sum(kind.new for kind in self.kinds.values())

    def add_without_requested_time(self, origin: str) -> None:
        """Count a body without the requested time; remember the first."""
        self.without_requested_time += 1
        self.first_without_requested_time = self.first_without_requested_time or origin

    def add_unreadable(self, origin: str, error: RejectedError) -> None:
        """Count something unreadable; remember the first `MAX_NAMED`."""
        self.unreadable_count += 1
        if len(self.unreadable) < MAX_NAMED:
            self.unreadable.append((origin, error))
