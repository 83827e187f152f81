"""A bound on the bytes of request bodies in memory."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

MEBIBYTE = 1024 * 1024


def max_waiting_bytes(max_body_bytes: int) -> int:
    """The limit for waiting bodies: 64 MiB, or two bodies of the largest size if that is more."""
    return max(64 * MEBIBYTE, 2 * max_body_bytes)


class WaitingBytes:
    """Counts the bytes of received bodies that are not answered yet; for use on the event loop only."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.total = 0

    @contextmanager
    def body(self) -> Iterator[Callable[[int], bool]]:
        """Yield a function that reserves memory for one body, or returns False if none is left; release it on exit."""
        reserved = 0

        def reserve(size: int) -> bool:
            nonlocal reserved
            if self.total + size > self._max_bytes:
                return False
            reserved += size
            self.total += size
            return True

        try:
            yield reserve
        finally:
            self.total -= reserved
