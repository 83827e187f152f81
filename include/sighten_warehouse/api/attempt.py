"""One attempt at a call to the API, as those who make it hand it on."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from sighten_warehouse.api.verdict import Setback

T = TypeVar("T")


@dataclass(frozen=True)
class Attempt:
    """Where to ask, for the how manyth time, and by when it must end.

    Args:
        path: with names in place of ids, for logs and messages.
        url: the whole address.
        number: from 1.
        until: in monotonic seconds.
    """

    path: str
    url: str
    number: int
    until: float

    def at(self, url: str) -> "Attempt":
        """The same attempt at another address."""
        return replace(self, url=url)


# From the attempt to what came of it; it may be asked again after a setback.
Follow = Callable[[Attempt], T | Setback]
