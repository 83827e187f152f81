"""The steps of a milestone's life: submitted, cancelled, rejected, approved, or left open."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sighten_simulator.world.codes import EventKind
from sighten_simulator.world.timestamps import random_duration, sometimes_whole_second

CANCELLED_SHARE, REJECTED_SHARE, UNDECIDED_SHARE, ABANDONED_SHARE = 0.05, 0.22, 0.1, 0.08
MAX_ROUNDS = 5
# The shortest and the longest duration of each.
_PREPARATION = (timedelta(days=1), timedelta(days=30))
_REWORK = (timedelta(hours=1), timedelta(days=12))
_REVIEW = (timedelta(hours=1), timedelta(days=21))
_SECOND_THOUGHTS = (timedelta(minutes=4), timedelta(hours=8))


@dataclass(frozen=True)
class Step:
    """One event of a life; people work on the tasks between `work_begins_at` and `at`."""

    kind: EventKind
    work_begins_at: datetime
    at: datetime


def plan_steps(random: Random, *, begin: datetime, end: datetime) -> list[Step]:
    """The steps of one life before `end`, in order."""
    steps: list[Step] = []
    at = begin
    for round_number in range(1, MAX_ROUNDS + 1):
        submitted = _next(random, "submitted", at, _PREPARATION if round_number == 1 else _REWORK)
        decided = _decide(random, submitted.at, last=round_number == MAX_ROUNDS)
        steps += [submitted] if decided is None else [submitted, decided]
        if decided is None or decided.kind == "approved":
            break
        if random.random() < ABANDONED_SHARE:
            break
        at = decided.at
    return [step for step in steps if step.at < end]


def _decide(random: Random, submitted_at: datetime, *, last: bool) -> Step | None:
    """The step that follows the submit, or None if nobody has decided. The last round ends in an approval."""
    kinds: list[EventKind | None] = ["cancelled", "rejected", None, "approved"]
    weights = (CANCELLED_SHARE, REJECTED_SHARE, UNDECIDED_SHARE, 1 - CANCELLED_SHARE - REJECTED_SHARE - UNDECIDED_SHARE)
    kind: EventKind | None = "approved" if last else random.choices(kinds, weights=weights)[0]
    if kind is None:
        return None
    return _next(random, kind, submitted_at, _SECOND_THOUGHTS if kind == "cancelled" else _REVIEW)


def _next(random: Random, kind: EventKind, after: datetime, bounds: tuple[timedelta, timedelta]) -> Step:
    shortest, longest = bounds
    at = after + random_duration(random, shortest=shortest, longest=longest)
    return Step(kind, after, sometimes_whole_second(random, at))
