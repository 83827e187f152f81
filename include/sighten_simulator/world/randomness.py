"""Seeded randomness: the same key gives the same draws, whatever else was drawn before."""

from collections.abc import Iterable
from random import Random
from uuid import UUID


def seeded_random(*key: object) -> Random:
    """A generator of its own for that key, such as a seed, `"site"` and a number."""
    return Random("/".join(map(str, key)))


def are_valid_shares(shares: Iterable[float]) -> bool:
    """Whether no share is negative and their sum is at most 1, apart from rounding errors."""
    parts = list(shares)
    return min(parts, default=0.0) >= 0 and round(sum(parts), 9) <= 1


def new_uuid(random: Random) -> str:
    """A UUID of version 4."""
    return str(UUID(bytes=random.randbytes(16), version=4))
