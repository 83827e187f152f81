"""The delivery plan: which bodies arrive in which order, with duplicates, late arrivals and, if asked for, losses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Literal

from sighten_simulator.webhooks.body import BodyKind, Sent
from sighten_simulator.webhooks.other_bodies import other_bodies
from sighten_simulator.webhooks.task_bodies import task_bodies
from sighten_simulator.world.chance import chance
from sighten_simulator.world.dialects import Dialect, as_strict_json, write
from sighten_simulator.world.lives import Life, Simulation
from sighten_simulator.world.people import END
from sighten_simulator.world.sample import sample_body, sample_payload

Role = Literal["first", "late", "duplicate"]
WrittenAs = Literal["json", "xml", "form"]

DUPLICATE_SHARE = 0.08
SAME_BYTES_SHARE = 0.5
LATE_SHARE = 0.12
_DIALECTS: tuple[Dialect, ...] = ("compact", "pretty", "sample", "python")
_DIALECT_WEIGHTS = (50, 15, 25, 10)


@dataclass(frozen=True)
class PlannedDelivery:
    """One body to deliver.

    `role`: `late` when a newer one about the same milestone or task comes before it in the plan, `duplicate` when the
    same one does, in the same bytes or in another dialect.
    """

    milestone_id: str
    role: Role
    dialect: Dialect
    body: bytes
    kind: BodyKind = "milestone"


@dataclass(frozen=True)
class Mixture:
    """What a plan is made of, and what happens to it on its way.

    Args:
        tasks: whether task-shaped bodies are sent too: task status, contract status and change orders.
        others: for this share of snapshots a body is sent too whose kind is not loaded.
        disagreeing: the share of change orders that name another quote than the API.
        dropped: the share that never arrives.
        duplicates: the share that arrives twice.
        late: the share that arrives after the next one about the same thing.
        shuffled: whether deliveries about different things come in any order; else in that of their times.
        since: when the webhook was switched on; what was before is never sent.
        until: what is after has not happened yet.
        written_as: how the webhook is configured.
    """

    tasks: bool = False
    others: float = 0.0
    disagreeing: float = 0.0
    dropped: float = 0.0
    duplicates: float = DUPLICATE_SHARE
    late: float = LATE_SHARE
    shuffled: bool = True
    since: datetime | None = None
    until: datetime | None = None
    written_as: WrittenAs = "json"

    def is_on(self, moment: datetime) -> bool:
        """Whether what is sent at that moment is sent at all."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment <= self.until)


def plan_sample() -> list[PlannedDelivery]:
    """The vendor's sample byte for byte, and then the same as strict JSON."""
    milestone_id = sample_payload()["uuid"]
    original = sample_body()
    return [
        PlannedDelivery(milestone_id, "first", "sample", original),
        PlannedDelivery(milestone_id, "duplicate", "pretty", as_strict_json(original.decode()).encode()),
    ]


def plan_lives(simulation: Simulation, mixture: Mixture | None = None) -> list[PlannedDelivery]:
    """Everything that Sighten sends of the simulation, as it arrives; the same simulation gives the same plan."""
    mixture = mixture or Mixture()
    placed = list(_place_all(simulation, mixture, "plan", _snapshots))
    if mixture.tasks:
        placed += _place_all(simulation, mixture, "plan of tasks", _tasks)
    if mixture.others:
        placed += _place_all(simulation, mixture, "plan of others", _others)
    return [delivery for _, delivery in sorted(placed, key=lambda pair: pair[0])]


def _snapshots(life: Life, _: int, __: Mixture) -> list[Sent]:
    return [Sent(life.milestone_id, life.milestone_id, "milestone", one.payload, one.sent_at) for one in life.snapshots]


def _tasks(life: Life, seed: int, mixture: Mixture) -> list[Sent]:
    return task_bodies(life, seed=seed, disagreeing=mixture.disagreeing)


def _others(life: Life, seed: int, mixture: Mixture) -> list[Sent]:
    return other_bodies(life, seed=seed, share=mixture.others)


def _place_all(
    simulation: Simulation, mixture: Mixture, name: str, told: Callable[[Life, int, Mixture], list[Sent]]
) -> Iterator[tuple[float, PlannedDelivery]]:
    random = chance(simulation.seed, name)
    for life in simulation.lives:
        by_thing: dict[str, list[Sent]] = {}
        for sent in told(life, simulation.seed, mixture):
            by_thing.setdefault(sent.about, []).append(sent)
        for about_one in by_thing.values():
            yield from _place(random, about_one, mixture)


def _place(random: Random, told: list[Sent], mixture: Mixture) -> Iterator[tuple[float, PlannedDelivery]]:
    """The deliveries about one thing, each with its place in the whole plan: between 0 and 1, or its time."""
    arriving = [sent for sent in told if random.random() >= mixture.dropped and mixture.is_on(sent.sent_at)]
    places = sorted(random.random() if mixture.shuffled else sent.sent_at.timestamp() for sent in arriving)
    late = _swap_some(random, places, mixture.late)
    last = 1.0 if mixture.shuffled else END.timestamp()
    for number, (sent, place) in enumerate(zip(arriving, places, strict=True)):
        first = _write(random, sent, mixture, role="late" if number in late else "first")
        yield place, first
        if random.random() < mixture.duplicates:
            yield random.uniform(place, last), _repeat(random, sent, first)


def _swap_some(random: Random, places: list[float], share: float) -> set[int]:
    """Let some snapshots change places with the next; returns the numbers of those that now come too late."""
    late: set[int] = set()
    for number in range(len(places) - 1):
        if number - 1 not in late and random.random() < share:
            places[number], places[number + 1] = places[number + 1], places[number]
            late.add(number)
    return late


def _write(random: Random, sent: Sent, mixture: Mixture, *, role: Role) -> PlannedDelivery:
    (dialect,) = random.choices(_DIALECTS, weights=_DIALECT_WEIGHTS)
    if mixture.written_as != "json":
        dialect = mixture.written_as
    return PlannedDelivery(sent.milestone_id, role, dialect, write(sent.payload, dialect), sent.kind)


def _repeat(random: Random, sent: Sent, first: PlannedDelivery) -> PlannedDelivery:
    if random.random() < SAME_BYTES_SHARE or first.dialect not in _DIALECTS:
        return replace(first, role="duplicate")
    dialect = random.choice([one for one in _DIALECTS if one != first.dialect])
    return replace(first, role="duplicate", dialect=dialect, body=write(sent.payload, dialect))
