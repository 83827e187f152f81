"""A bound on the bytes of request bodies in memory, which strangers cannot use up."""

from collections.abc import Callable, Iterator

MEBIBYTE = 1024 * 1024
UNPROVEN_SHARE = 0.75  # of the limit, for the unproven bodies of one peer


def max_waiting_bytes(max_body_bytes: int) -> int:
    """The limit for waiting bodies: 64 MiB, or two bodies of the largest size if that is more."""
    return max(64 * MEBIBYTE, 2 * max_body_bytes)


class Room:
    """The memory that one body takes; made by `WaitingBytes`."""

    __slots__ = ("_waiting", "give_up", "peer", "size")

    def __init__(self, waiting: "WaitingBytes", peer: str | None, give_up: Callable[[], None]) -> None:
        self._waiting = waiting
        self.peer = peer
        self.give_up = give_up
        self.size = 0

    def take(self, size: int) -> bool:
        """Take so many bytes more, or return False if there is no room for them."""
        return self._waiting.take(self, size)

    def keep(self) -> None:
        """From now on, do not give it up for another body."""
        self._waiting.keep(self)

    def release(self) -> None:
        """Give everything back."""
        self._waiting.keep(self)
        self._waiting.total -= self.size
        self.size = 0
        self.give_up = _nothing  # it refers to the body's owner, which would wait for the garbage collection


def _nothing() -> None:
    """What giving up released room does."""


class WaitingBytes:
    """Counts the bytes of received bodies that are not answered yet; for use on the event loop only.

    Bodies that only their end can prove are given up when there is no room: first the largest one of the peer that has
    most. So a stranger who announces a lot and stalls never takes a genuine sender's room, even behind the same proxy.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._max_unproven = int(max_bytes * UNPROVEN_SHARE)
        self._unproven: dict[str, set[Room]] = {}
        self._unproven_bytes: dict[str, int] = {}
        self.total = 0

    def room(self, peer: str | None, give_up: Callable[[], None]) -> Room:
        """Room for one body; `peer`: who sends it, or None if it is proven. `give_up` must release it."""
        return Room(self, peer, give_up)

    def take(self, room: Room, size: int) -> bool:
        """Take so many bytes more for that body, if need be from unproven ones."""
        if room.peer is not None and not self._make_unproven_room(room, room.peer, size):
            return False
        while self.total + size > self._max_bytes:
            if not self._give_up_largest(max(self._unproven, key=self._unproven_bytes.__getitem__, default=None), room):
                return False
        self.total += size
        room.size += size
        if room.peer is not None:
            self._unproven.setdefault(room.peer, set()).add(room)
            self._unproven_bytes[room.peer] = self._unproven_bytes.get(room.peer, 0) + size
        return True

    def keep(self, room: Room) -> None:
        """Count that body as one that is not given up."""
        peer, room.peer = room.peer, None
        if peer is None or room not in self._unproven.get(peer, ()):
            return
        self._unproven[peer].discard(room)
        self._unproven_bytes[peer] -= room.size
        if not self._unproven[peer]:
            del self._unproven[peer], self._unproven_bytes[peer]

    def _make_unproven_room(self, room: Room, peer: str, size: int) -> bool:
        while self._unproven_bytes.get(peer, 0) + size > self._max_unproven:
            if not self._give_up_largest(peer, room):
                return False
        return True

    def _give_up_largest(self, peer: str | None, newcomer: Room) -> bool:
        rooms: Iterator[Room] = iter(self._unproven.get(peer, ())) if peer is not None else iter(())
        largest = max(rooms, key=lambda room: room.size, default=None)
        if largest is None or largest is newcomer:
            return False
        largest.give_up()
        return True
