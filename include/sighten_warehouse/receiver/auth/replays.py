"""Replay protection: remembers acknowledged attempts for as long as they would be accepted again."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from heapq import heappop, heappush

MAX_ATTEMPTS = 100_000


class Replays:
    """Remembers acknowledged attempts until they are too old to be accepted, at most `max_attempts` of them.

    When full it lets no attempt begin, because forgetting one early would let its replay in. Only a holder of a secret
    can fill it. For use on one event loop.
    """

    def __init__(self, *, clock: Callable[[], float], max_attempts: int = MAX_ATTEMPTS) -> None:
        self._clock = clock
        self._max_attempts = max_attempts
        self._in_progress: set[bytes] = set()
        self._landed: set[bytes] = set()
        self._expiries: list[tuple[float, bytes]] = []

    def attempt(self, name: bytes, *, until: float) -> "DeliveryAttempt":
        """The attempt with this name, which is not accepted after `until`."""
        return DeliveryAttempt(self, sha256(name).digest(), until)

    def remember(self, name: bytes, *, until: float) -> bool:
        """Count the attempt with this name as acknowledged; False if there is no room to."""
        key = sha256(name).digest()
        if key not in self._landed and until >= self._clock():
            if len(self._landed) >= self._max_attempts:
                return False
            self.end(key, until=until, landed=True)
        return True

    def was_landed(self, key: bytes) -> bool:
        """Whether the attempt was acknowledged before."""
        self._forget_expired()
        return key in self._landed

    def begin(self, key: bytes) -> bool:
        """Whether the attempt may be landed now; if so, no other attempt with its name may until `end`."""
        self._forget_expired()
        known = key in self._landed or key in self._in_progress
        if known or len(self._landed) + len(self._in_progress) >= self._max_attempts:
            return False
        self._in_progress.add(key)
        return True

    def end(self, key: bytes, *, until: float, landed: bool) -> None:
        """End the attempt; one that was not landed may be repeated."""
        self._in_progress.discard(key)
        if landed:
            self._landed.add(key)
            heappush(self._expiries, (until, key))

    def _forget_expired(self) -> None:
        now = self._clock()
        while self._expiries and self._expiries[0][0] < now:
            _, key = heappop(self._expiries)
            self._landed.discard(key)


@dataclass(frozen=True)
class DeliveryAttempt:
    """One attempt to deliver, named by what its sender signed."""

    replays: Replays
    key: bytes
    until: float

    @property
    def was_landed(self) -> bool:
        """Whether the attempt was acknowledged before, which makes this a replay."""
        return self.replays.was_landed(self.key)

    def begin(self) -> bool:
        """Whether the attempt may be landed now; if so, call `end` afterwards."""
        return self.replays.begin(self.key)

    def end(self, *, landed: bool) -> None:
        """End the attempt; one that was not landed may be repeated."""
        self.replays.end(self.key, until=self.until, landed=landed)
