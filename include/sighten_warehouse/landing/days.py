"""The days on which deliveries were received, as landing is divided by them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

_FOLDER = "received_date="


@dataclass(frozen=True)
class Days:
    """All days from the first to the last, both included."""

    first: date = date.min
    last: date = date.max

    def touch(self, landing_files: Iterable[str]) -> bool:
        """Whether one of those landing files lies on one of these days."""
        # Days are written so that they sort as texts; those before the year 1000, too, have four digits.
        first, last = self.first.isoformat(), self.last.isoformat()
        return any(first <= day_of(name) <= last for name in landing_files)


def day_of(landing_file: str) -> str:
    """The day on which what it holds was received, as its folder has it."""
    return landing_file.partition("/")[0].removeprefix(_FOLDER)
