"""Random times and durations, and the vendor's format of a time."""

import math
from datetime import datetime, timedelta
from random import Random


def random_duration(random: Random, *, shortest: timedelta, longest: timedelta) -> timedelta:
    """A duration of somebody's work: log-uniform, so short ones are likelier."""
    seconds = math.exp(random.uniform(math.log(shortest.total_seconds()), math.log(longest.total_seconds())))
    return timedelta(seconds=seconds)


def random_time(random: Random, earliest: datetime, latest: datetime) -> datetime:
    """A time between both; one in twelve is a whole second, which the vendor writes without a fraction."""
    moment = earliest + (latest - earliest) * random.random()
    return sometimes_whole_second(random, moment) if moment.replace(microsecond=0) >= earliest else moment


def sometimes_whole_second(random: Random, moment: datetime) -> datetime:
    """The time, cut to its second in one of twelve cases."""
    return moment.replace(microsecond=0) if random.random() < 1 / 12 else moment


def format_time(moment: datetime) -> str:
    """A time as the vendor writes it: UTC, without a fraction for a whole second."""
    return moment.isoformat().replace("+00:00", "Z")
