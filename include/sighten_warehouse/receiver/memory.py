"""A bound on the bytes of request bodies in memory, which strangers cannot use up."""

from typing import Protocol

MEBIBYTE = 1024 * 1024
UNPROVEN_SHARE = 0.75  # of the limit, for the unproven bodies of one peer


def max_waiting_bytes(max_body_bytes: int) -> int:
    """The limit for waiting bodies: 64 MiB, or two bodies of the largest size if that is more."""
    return max(64 * MEBIBYTE, 2 * max_body_bytes)


class Holder(Protocol):
    """Whoever holds the bytes of one body.

    `peer`: who sends it; None if it is proven, or complete. `size`: what it has taken; only `WaitingBytes` sets it.
    """

    peer: str | None
    size: int

    def give_up(self) -> None:
        """Release all of it, for another body."""


class WaitingBytes:
    """Counts the bytes of received bodies that are not answered yet; for use on the event loop only.

    Bodies that only their end can prove are given up when there is no room: first the largest one of the peer that has
    most. So a stranger who announces a lot and stalls never takes a genuine sender's room, even behind the same proxy.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._max_unproven = int(max_bytes * UNPROVEN_SHARE)
        self._unproven: dict[str, dict[Holder, None]] = {}
        self._unproven_bytes: dict[str, int] = {}
        self.total = 0

    def take(self, holder: Holder, size: int) -> bool:
        """Take so many bytes more, if need be from unproven bodies; False if there is no room for them."""
        peer = holder.peer
        if peer is not None:
            while self._unproven_bytes.get(peer, 0) + size > self._max_unproven:
                if not self._give_up_largest(peer, holder):
                    return False
        while self.total + size > self._max_bytes:
            if not self._give_up_largest(
                max(self._unproven, key=self._unproven_bytes.__getitem__, default=None), holder
            ):
                return False
        self.total += size
        holder.size += size
        if peer is not None:
            self._unproven.setdefault(peer, {})[holder] = None
            self._unproven_bytes[peer] = self._unproven_bytes.get(peer, 0) + size
        return True

    def keep(self, holder: Holder) -> None:
        """From now on, do not give it up for another."""
        peer, holder.peer = holder.peer, None
        if peer is None or holder not in self._unproven.get(peer, ()):
            return
        del self._unproven[peer][holder]
        self._unproven_bytes[peer] -= holder.size
        if not self._unproven[peer]:
            del self._unproven[peer], self._unproven_bytes[peer]

    def release(self, holder: Holder) -> None:
        """Give everything back."""
        self.keep(holder)
        self.total -= holder.size
        holder.size = 0

    def _give_up_largest(self, peer: str | None, newcomer: Holder) -> bool:
        holders = self._unproven.get(peer, {}) if peer is not None else {}
        largest = max(holders, key=lambda holder: holder.size, default=None)
        if largest is None or largest is newcomer:
            return False
        largest.give_up()
        return True
