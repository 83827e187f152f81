"""The delivery plan: the bodies in order of arrival, with duplicates, late arrivals and optional losses."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random
from typing import Literal

from sighten_simulator.webhooks.body import BodyKind, WebhookBody
from sighten_simulator.webhooks.other_bodies import other_bodies
from sighten_simulator.webhooks.task_bodies import task_bodies
from sighten_simulator.world.dialects import Dialect, as_strict_json, write
from sighten_simulator.world.lives import Life, Simulation
from sighten_simulator.world.randomness import seeded_random
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

    The `role` is `late` if a newer body of the same milestone or task precedes it in the plan, and `duplicate` if the
    same body does, in the same bytes or in another dialect.
    """

    milestone_id: str
    role: Role
    dialect: Dialect
    body: bytes
    kind: BodyKind = "milestone"


@dataclass(frozen=True)
class PlanOptions:
    """The contents of a plan, and the disturbances on the way.

    Args:
        tasks: whether to include task-shaped bodies: task status, contract status and change orders.
        others: for this share of snapshots, add a body of a kind that is not loaded.
        disagreeing: the share of change orders that name another quote than the API.
        dropped: the share that never arrives.
        duplicates: the share that arrives twice.
        late: the share that arrives after the next body of the same milestone or task.
        shuffled: whether deliveries of different milestones and tasks come in random order; else by time.
        since: leave out bodies before this time, when the webhook was switched on.
        until: leave out bodies after this time.
        written_as: the format that the webhook is configured for.
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

    def includes(self, moment: datetime) -> bool:
        """Whether a body sent at that time belongs to the plan."""
        return (self.since is None or self.since <= moment) and (self.until is None or moment <= self.until)


def plan_sample() -> list[PlannedDelivery]:
    """The vendor's sample byte for byte, then the same as strict JSON."""
    milestone_id = sample_payload()["uuid"]
    original = sample_body()
    return [
        PlannedDelivery(milestone_id, "first", "sample", original),
        PlannedDelivery(milestone_id, "duplicate", "pretty", as_strict_json(original.decode()).encode()),
    ]


def plan_deliveries(simulation: Simulation, options: PlanOptions | None = None) -> list[PlannedDelivery]:
    """Every webhook of the simulation in order of arrival; the same arguments give the same plan."""
    options = options or PlanOptions()
    placed = list(_place_all(simulation, options, "plan", _snapshot_bodies))
    if options.tasks:
        placed += _place_all(simulation, options, "plan of tasks", _task_bodies)
    if options.others:
        placed += _place_all(simulation, options, "plan of others", _other_bodies)
    return [delivery for _, delivery in sorted(placed, key=lambda pair: pair[0])]


def _snapshot_bodies(life: Life, _: int, __: PlanOptions) -> list[WebhookBody]:
    return [
        WebhookBody(life.milestone_id, life.milestone_id, "milestone", snapshot.payload, snapshot.sent_at)
        for snapshot in life.snapshots
    ]


def _task_bodies(life: Life, seed: int, options: PlanOptions) -> list[WebhookBody]:
    return task_bodies(life, seed=seed, disagreeing=options.disagreeing)


def _other_bodies(life: Life, seed: int, options: PlanOptions) -> list[WebhookBody]:
    return other_bodies(life, seed=seed, share=options.others)


def _place_all(
    simulation: Simulation,
    options: PlanOptions,
    name: str,
    bodies_of: Callable[[Life, int, PlanOptions], list[WebhookBody]],
) -> Iterator[tuple[float, PlannedDelivery]]:
    """The deliveries of all lives, each with its place in the plan: between 0 and 1 if shuffled, else its time."""
    random = seeded_random(simulation.seed, name)
    for life in simulation.lives:
        by_entity: dict[str, list[WebhookBody]] = {}
        for body in bodies_of(life, simulation.seed, options):
            by_entity.setdefault(body.entity_id, []).append(body)
        for bodies in by_entity.values():
            yield from _place(random, bodies, options, simulation.end)


def _place(
    random: Random, bodies: list[WebhookBody], options: PlanOptions, end: datetime
) -> Iterator[tuple[float, PlannedDelivery]]:
    """The deliveries of one milestone or task with their places."""
    arriving = [body for body in bodies if random.random() >= options.dropped and options.includes(body.sent_at)]
    places = sorted(random.random() if options.shuffled else body.sent_at.timestamp() for body in arriving)
    late = _swap_some(random, places, options.late)
    last = 1.0 if options.shuffled else end.timestamp()
    for number, (body, place) in enumerate(zip(arriving, places, strict=True)):
        first = _write(random, body, options, role="late" if number in late else "first")
        yield place, first
        if random.random() < options.duplicates:
            yield random.uniform(place, last), _repeat(random, body, first)


def _swap_some(random: Random, places: list[float], share: float) -> set[int]:
    """Swap some places with the next one; returns the numbers of those that are now late."""
    late: set[int] = set()
    for number in range(len(places) - 1):
        if number - 1 not in late and random.random() < share:
            places[number], places[number + 1] = places[number + 1], places[number]
            late.add(number)
    return late


def _write(random: Random, body: WebhookBody, options: PlanOptions, *, role: Role) -> PlannedDelivery:
    (dialect,) = random.choices(_DIALECTS, weights=_DIALECT_WEIGHTS)
    if options.written_as != "json":
        dialect = options.written_as
    return PlannedDelivery(body.milestone_id, role, dialect, write(body.payload, dialect), body.kind)


def _repeat(random: Random, body: WebhookBody, first: PlannedDelivery) -> PlannedDelivery:
    if random.random() < SAME_BYTES_SHARE or first.dialect not in _DIALECTS:
        return replace(first, role="duplicate")
    dialect = random.choice([dialect for dialect in _DIALECTS if dialect != first.dialect])
    return replace(first, role="duplicate", dialect=dialect, body=write(body.payload, dialect))
