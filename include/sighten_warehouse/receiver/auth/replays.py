"""Which attempts at a delivery were acknowledged before, for as long as one could be sent again by somebody else."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from heapq import heappop, heappush

MAX_ATTEMPTS = 100_000


class Replays:
    """Remembers acknowledged attempts until they are too old to be accepted anyway, at most `most` of them.

    Where it remembers that many it lets no other attempt begin: to forget one early would let its replay in. Only who
    knows a secret can fill it. It is for one event loop.
    """

    def __init__(self, *, clock: Callable[[], float], most: int = MAX_ATTEMPTS) -> None:
        self._clock = clock
        self._most = most
        self._under_way: set[bytes] = set()
        self._landed: set[bytes] = set()
        self._oldest_first: list[tuple[float, bytes]] = []

    def attempt(self, name: bytes, *, until: float) -> "DeliveryAttempt":
        """The attempt of that name, which nobody accepts after `until`."""
        return DeliveryAttempt(self, sha256(name).digest(), until)

    def was_landed(self, key: bytes) -> bool:
        """Whether it was acknowledged before."""
        self._forget()
        return key in self._landed

    def begin(self, key: bytes) -> bool:
        """Whether it may be landed now; if so, no other of its name may until `end`."""
        self._forget()
        known = key in self._landed or key in self._under_way
        if known or len(self._landed) + len(self._under_way) >= self._most:
            return False
        self._under_way.add(key)
        return True

    def end(self, key: bytes, *, until: float, landed: bool) -> None:
        """It is over; one that was not landed may come again."""
        self._under_way.discard(key)
        if landed:
            self._landed.add(key)
            heappush(self._oldest_first, (until, key))

    def _forget(self) -> None:
        now = self._clock()
        while self._oldest_first and self._oldest_first[0][0] < now:
            _, key = heappop(self._oldest_first)
            self._landed.discard(key)


@dataclass(frozen=True)
class DeliveryAttempt:
    """One attempt at one delivery, named by what its sender signed."""

    replays: Replays
    key: bytes
    until: float

    @property
    def was_landed(self) -> bool:
        """Whether it was acknowledged before: then this is a replay."""
        return self.replays.was_landed(self.key)

    def begin(self) -> bool:
        """Whether it may be landed now; if so, `end` is to follow."""
        return self.replays.begin(self.key)

    def end(self, *, landed: bool) -> None:
        """It is over; one that was not landed may come again."""
        self.replays.end(self.key, until=self.until, landed=landed)
