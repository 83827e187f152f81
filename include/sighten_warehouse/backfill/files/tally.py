"""What an import found, landed and could not read, in numbers that do not grow with the number of deliveries."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date

from sighten_warehouse.errors import RejectedError

MAX_NAMED = 1_000
MAX_LISTED = 20


@dataclass
class KindCounts:
    """Of one kind of file: how many there are, and what they hold."""

    files: int = 0
    bodies: int = 0
    size: int = 0
    new: int = 0


@dataclass
class Tally:
    """What became of it so far; `new` is landed or, in a dry run, would be.

    `kinds`: path and kind → what it holds; the path is empty where there are more than `MAX_LISTED` files. `times`:
    from where the time of receiving is → how many. `days` has the new ones.
    """

    files: int = 0
    size: int = 0
    kinds: dict[tuple[str, str], KindCounts] = field(default_factory=lambda: defaultdict(KindCounts))
    days: Counter[date] = field(default_factory=Counter)
    times: Counter[str] = field(default_factory=Counter)
    without_asked_time: int = 0
    first_without_asked_time: str = ""
    landing_files: int = 0
    unreadable_count: int = 0
    unreadable: list[tuple[str, RejectedError]] = field(default_factory=list)
    stopped: bool = False

    @property
    def bodies(self) -> int:
        """How many bodies were found."""
        return sum(kind.bodies for kind in self.kinds.values())

    @property
    def new(self) -> int:
        """How many of them landing did not have."""
        return sum(kind.new for kind in self.kinds.values())

    def add_without_asked_time(self, origin: str) -> None:
        """One more that has no time where it was asked for; the first of them is named."""
        self.without_asked_time += 1
        self.first_without_asked_time = self.first_without_asked_time or origin

    def add_unreadable(self, origin: str, error: RejectedError) -> None:
        """One more that could not be read; the first of them are named."""
        self.unreadable_count += 1
        if len(self.unreadable) < MAX_NAMED:
            self.unreadable.append((origin, error))
