"""A bound on the bytes of request bodies in memory."""

MEBIBYTE = 1024 * 1024


def max_waiting_bytes(max_body_bytes: int) -> int:
    """The limit for waiting bodies: 64 MiB, or two bodies of the largest size if that is more."""
    return max(64 * MEBIBYTE, 2 * max_body_bytes)


class WaitingBytes:
    """Counts the bytes of received bodies that are not answered yet; for use on the event loop only."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self.total = 0

    def reserve(self, size: int) -> bool:
        """Count so many bytes more, or return False if that is too many."""
        if self.total + size > self._max_bytes:
            return False
        self.total += size
        return True

    def release(self, size: int) -> None:
        """Give back what was reserved."""
        self.total -= size
