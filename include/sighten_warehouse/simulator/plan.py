"""The delivery plan: which bodies arrive in which order, with duplicates, late arrivals and, if asked for, losses."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

from sighten_warehouse.simulator.chance import chance
from sighten_warehouse.simulator.dialects import Dialect, as_strict_json, write
from sighten_warehouse.simulator.lives import Life, Simulation, Snapshot
from sighten_warehouse.simulator.sample import sample_body, sample_payload

Role = Literal["first", "late", "duplicate"]

DUPLICATE_SHARE = 0.08
SAME_BYTES_SHARE = 0.5
LATE_SHARE = 0.12
_DIALECTS: tuple[Dialect, ...] = ("compact", "pretty", "sample", "python")
_DIALECT_WEIGHTS = (50, 15, 25, 10)


@dataclass(frozen=True)
class Delivery:
    """One body to deliver.

    `role`: `late` when a newer snapshot of its milestone comes before it in the plan, `duplicate` when the same
    snapshot does, in the same bytes or in another dialect.
    """

    milestone_id: str
    role: Role
    dialect: Dialect
    body: bytes


def plan_sample() -> list[Delivery]:
    """The vendor's sample byte for byte, and then the same as strict JSON."""
    milestone_id = sample_payload()["uuid"]
    original = sample_body()
    return [
        Delivery(milestone_id, "first", "sample", original),
        Delivery(milestone_id, "duplicate", "pretty", as_strict_json(original.decode()).encode()),
    ]


def plan_lives(simulation: Simulation, *, dropped_share: float = 0.0) -> list[Delivery]:
    """Every snapshot of the simulation, shuffled between milestones; `dropped_share` of them never arrives.

    The same simulation gives the same plan.
    """
    random = chance(simulation.seed, "plan")
    placed = [one for life in simulation.lives for one in _place(random, life, dropped_share=dropped_share)]
    return [delivery for _, delivery in sorted(placed, key=lambda pair: pair[0])]


def _place(random: Random, life: Life, *, dropped_share: float) -> Iterator[tuple[float, Delivery]]:
    """The life's deliveries, each with its place between 0 and 1 in the whole plan."""
    sent = [snapshot for snapshot in life.snapshots if random.random() >= dropped_share]
    places = sorted(random.random() for _ in sent)
    late = _swap_some(random, places)
    for number, (snapshot, place) in enumerate(zip(sent, places, strict=True)):
        first = _write(random, life, snapshot, role="late" if number in late else "first")
        yield place, first
        if random.random() < DUPLICATE_SHARE:
            yield random.uniform(place, 1), _repeat(random, life, snapshot, first)


def _swap_some(random: Random, places: list[float]) -> set[int]:
    """Let some snapshots change places with the next; returns the numbers of those that now come too late."""
    late: set[int] = set()
    for number in range(len(places) - 1):
        if number - 1 not in late and random.random() < LATE_SHARE:
            places[number], places[number + 1] = places[number + 1], places[number]
            late.add(number)
    return late


def _write(random: Random, life: Life, snapshot: Snapshot, *, role: Role) -> Delivery:
    (dialect,) = random.choices(_DIALECTS, weights=_DIALECT_WEIGHTS)
    return Delivery(life.milestone_id, role, dialect, write(snapshot.payload, dialect))


def _repeat(random: Random, life: Life, snapshot: Snapshot, first: Delivery) -> Delivery:
    if random.random() < SAME_BYTES_SHARE:
        return Delivery(life.milestone_id, "duplicate", first.dialect, first.body)
    dialect = random.choice([one for one in _DIALECTS if one != first.dialect])
    return Delivery(life.milestone_id, "duplicate", dialect, write(snapshot.payload, dialect))
