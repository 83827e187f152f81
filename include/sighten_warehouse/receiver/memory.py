"""How many bytes of bodies are in memory, and no more than that."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

MEBIBYTE = 1024 * 1024


def max_waiting_bytes(max_body_bytes: int) -> int:
    """The limit for bodies of that size at most: 64 MiB, and room for two of the largest in any case."""
    return max(64 * MEBIBYTE, 2 * max_body_bytes)


class WaitingBytes:
    """Counts the bytes of all bodies that have come and are not yet answered; used by the event loop only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.total = 0

    @contextmanager
    def body(self) -> Iterator[Callable[[int], bool]]:
        """For one body: takes room for so many bytes more, if there is any; at the end all is given back."""
        taken = 0

        def take(size: int) -> bool:
            nonlocal taken
            if self.total + size > self._most:
                return False
            taken += size
            self.total += size
            return True

        try:
            yield take
        finally:
            self.total -= taken
