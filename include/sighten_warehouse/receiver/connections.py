"""Who is connected, and who has to leave when there is no room for another."""

import ipaddress
import resource
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

from sighten_warehouse.receiver.refusal_log import RefusalLog

MAX_CONNECTIONS = 2048
RESERVED_FILES = 96  # for landing, log, listener, and connections accepted but not counted yet


def connections_allowed() -> int:
    """The most connections that this process's limit of open files has room for; raises its soft limit first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MAX_CONNECTIONS + RESERVED_FILES
    if soft < wanted:
        with suppress(OSError, ValueError):  # a sandbox forbids it: the lower limit stays
            resource.setrlimit(
                resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard)
            )
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return min(MAX_CONNECTIONS, max(soft - RESERVED_FILES, 1))


def network_of(host: str) -> str:
    """The address, or of IPv6 its network, since one sender may have all its addresses."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host  # a Unix socket has none
    if isinstance(address, ipaddress.IPv4Address) or address.ipv4_mapped is not None:
        return host
    return str(ipaddress.ip_network((address, 64), strict=False))


class Member(Protocol):
    """A connection; `landed_at`: when its last delivery was landed."""

    peer: str
    landed_at: float

    @property
    def may_leave(self) -> bool:
        """Whether it has no complete delivery in progress."""

    def leave(self) -> None:
        """Close at once."""

    def stop(self) -> None:
        """Close once the requests in progress are answered."""

    def refuse(self) -> None:
        """Answer the requests in progress at once, and close."""


class Connections:
    """The connections of a receiver, at most `max_connections`.

    A stranger is one that has landed no delivery yet. When there is no room, the oldest stranger of the peer that has
    most of them leaves; without strangers, the connection whose last delivery is longest ago. Behind a proxy all have
    one address, so there is no fixed limit for each peer.
    """

    def __init__(self, max_connections: int) -> None:
        self._max_connections = max_connections
        self._strangers: dict[str, dict[Member, None]] = {}
        self._proven: set[Member] = set()
        self._count = 0
        self.refusals = RefusalLog()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Member]:
        yield from [member for members in self._strangers.values() for member in members]
        yield from list(self._proven)

    def add(self, member: Member) -> bool:
        """Let it in, if need be in place of another; False if all others have to stay."""
        while self._count >= self._max_connections:
            leaving = next(self._leaving(), None)
            if leaving is None:
                return False
            self.refusals.add("connections_full", connections=self._count)
            self.discard(leaving)
            leaving.leave()
        self._strangers.setdefault(member.peer, {})[member] = None
        self._count += 1
        return True

    def prove(self, member: Member) -> None:
        """It has landed its first delivery."""
        if self._forget_stranger(member):
            self._proven.add(member)

    def discard(self, member: Member) -> None:
        """It has left, or is leaving."""
        if member in self._proven:
            self._proven.remove(member)
        elif not self._forget_stranger(member):
            return
        self._count -= 1

    def _forget_stranger(self, member: Member) -> bool:
        members = self._strangers.get(member.peer, {})
        if member not in members:
            return False
        del members[member]
        if not members:
            del self._strangers[member.peer]
        return True

    def _leaving(self) -> Iterator[Member]:
        for members in sorted(self._strangers.values(), key=len, reverse=True):
            yield from (member for member in members if member.may_leave)
        yield from sorted((member for member in self._proven if member.may_leave), key=lambda member: member.landed_at)
