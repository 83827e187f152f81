"""Chance from a seed: the same words give the same draws, whatever was drawn before for others."""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from uuid import UUID


def chance(*words: object) -> Random:
    """A source of chance of its own for those words, such as a seed, `"site"` and a number."""
    return Random("/".join(map(str, words)))


def are_shares(shares: Iterable[float]) -> bool:
    """Whether those can be shares of one whole: none below 0, together at most 1, but for what arithmetic costs."""
    parts = list(shares)
    return min(parts, default=0.0) >= 0 and round(sum(parts), 9) <= 1


def new_uuid(random: Random) -> str:
    """A UUID of version 4."""
    return str(UUID(bytes=random.randbytes(16), version=4))


def pause(random: Random, *, shortest: timedelta, longest: timedelta) -> timedelta:
    """A stretch of time, short ones being likelier than long ones, as with people's work (log-uniform)."""
    seconds = math.exp(random.uniform(math.log(shortest.total_seconds()), math.log(longest.total_seconds())))
    return timedelta(seconds=seconds)


def between(random: Random, earliest: datetime, latest: datetime) -> datetime:
    """A moment in that stretch of time; one in twelve is a whole second, which the vendor writes without a fraction."""
    moment = earliest + (latest - earliest) * random.random()
    return whole_second(random, moment) if moment.replace(microsecond=0) >= earliest else moment


def whole_second(random: Random, moment: datetime) -> datetime:
    """The moment, one time in twelve cut to its second."""
    return moment.replace(microsecond=0) if random.random() < 1 / 12 else moment


def written(moment: datetime) -> str:
    """A time as the vendor writes it: UTC, with a fraction only where there is one."""
    return moment.isoformat().replace("+00:00", "Z")
