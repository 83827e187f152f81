"""Simulated lives of milestones: their events, the snapshots that Sighten sends, and their final state."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sighten_simulator.world import codes
from sighten_simulator.world.catalog import DEFINITIONS, MilestoneTemplate
from sighten_simulator.world.codes import EventKind
from sighten_simulator.world.keys import with_newer_keys, with_older_keys
from sighten_simulator.world.milestone import new_comment, new_milestone
from sighten_simulator.world.milestone_plan import Step, plan_steps
from sighten_simulator.world.people import (
    END,
    MILESTONES_PER_SITE,
    Organization,
    Site,
    User,
    new_organizations,
    new_site,
)
from sighten_simulator.world.randomness import seeded_random
from sighten_simulator.world.tasks import counters, prepare_tasks, reject_tasks
from sighten_simulator.world.timestamps import format_time, random_time
from sighten_simulator.world.wording import note

NOTE_SHARE = 0.35
PREPARATION = timedelta(days=31)  # it takes up to 30 days, so each milestone is submitted at least once


@dataclass(frozen=True)
class Event:
    """One entry of a milestone's action log."""

    kind: EventKind
    at: datetime
    actor: str


@dataclass(frozen=True)
class Snapshot:
    """The whole milestone at the time of an event, as sent."""

    event: Event
    payload: dict[str, Any]
    sent_at: datetime


@dataclass(frozen=True)
class State:
    """The milestone from `since` until the next state."""

    since: datetime
    payload: dict[str, Any]


@dataclass(frozen=True)
class Life:
    """Everything that happens to one milestone; the first of `states` is the one before any event."""

    milestone_id: str
    site: Site
    newer_keys: bool
    events: tuple[Event, ...]
    snapshots: tuple[Snapshot, ...]
    states: tuple[State, ...]

    @property
    def final(self) -> dict[str, Any]:
        """The newest payload; the vendor sends no snapshot for a cancelled submit, so it may be newer than the last."""
        return self.states[-1].payload

    def as_of(self, now: datetime) -> "Life | None":
        """The life up to that time; None before it begins."""
        if now < self.states[0].since:
            return None
        return replace(
            self,
            site=self.site.as_of(now),
            events=tuple(event for event in self.events if event.at <= now),
            snapshots=tuple(snapshot for snapshot in self.snapshots if snapshot.event.at <= now),
            states=tuple(state for state in self.states if state.since <= now),
        )


@dataclass(frozen=True)
class Simulation:
    """The ground truth: everything that happened, and every snapshot sent."""

    seed: int
    organizations: tuple[Organization, ...]
    lives: tuple[Life, ...]
    end: datetime = END

    @property
    def sites(self) -> tuple[Site, ...]:
        """Each site once, in the order of its first milestone."""
        return tuple({life.site.site_id: life.site for life in self.lives}.values())

    def as_of(self, now: datetime) -> "Simulation":
        """The simulation up to that time."""
        lives = (life.as_of(now) for life in self.lives)
        return replace(self, lives=tuple(life for life in lives if life is not None))


def build_simulation(seed: int, milestones: int, *, ends: datetime = END, until: datetime | None = None) -> Simulation:
    """Simulate that many milestones; the same seed gives the same lives, and a larger number only adds to them.

    `ends` moves all times by whole days; `until` leaves out what happens later, and a later `until` only adds to an
    earlier one.
    """
    until = until or ends
    organizations = new_organizations(seed)
    lives: list[Life] = []
    for number in range(milestones):
        site_number = number // MILESTONES_PER_SITE
        organization = organizations[site_number % len(organizations)]
        is_first = number % MILESTONES_PER_SITE == 0
        site = (
            new_site(seed, site_number, organization=organization, ends=ends, until=until)
            if is_first
            else lives[-1].site
        )
        lives.append(_simulate_life(seed, number, site=site, organization=organization, ends=ends, until=until))
    return Simulation(seed, organizations, tuple(lives), until)


def _simulate_life(  # noqa: PLR0913  (what a life depends on)
    seed: int, number: int, *, site: Site, organization: Organization, ends: datetime, until: datetime
) -> Life:
    random = seeded_random(seed, "milestone", number)
    template = DEFINITIONS[number % len(DEFINITIONS)]
    begin = site.date_created + timedelta(days=random.uniform(0, 20) * (number % MILESTONES_PER_SITE))
    begin = min(begin, ends - PREPARATION)
    milestone = _SimulatedMilestone(random, template, seed=seed, site=site, organization=organization)
    milestone.begin(begin)
    for step in plan_steps(random, begin=begin, end=until):
        milestone.apply(step)
    return milestone.life()


class _SimulatedMilestone:
    """A milestone whose record changes with each step; the record always has the keys of 2021."""

    def __init__(
        self, random: Random, template: MilestoneTemplate, *, seed: int, site: Site, organization: Organization
    ) -> None:
        self._random = random
        self._template = template
        self._site = site
        self._organization = organization
        self._events: list[Event] = []
        self._snapshots: list[Snapshot] = []
        self._states: list[State] = []
        self._record = new_milestone(random, template, seed=seed, site=site, organization=organization)

    def begin(self, at: datetime) -> None:
        """Create the milestone at that time."""
        self._states.append(State(at, self._payload()))

    def apply(self, step: Step) -> None:
        """Change the tasks and comments by the step, and record the event and its snapshot."""
        tasks = self._record["tasks"]
        actor = self._random.choice(self._organization.users)
        if step.kind == "submitted":
            prepare_tasks(self._random, tasks, self._template.tasks, site=self._site, user=actor, step=step)
        elif step.kind == "rejected":
            reject_tasks(self._random, tasks)
        elif step.kind == "approved":
            for task in tasks:
                task["status"] = codes.TASK_APPROVED
        if self._random.random() < NOTE_SHARE:
            self._write_note(step)
        self._record_event(Event(step.kind, step.at, actor.full_name), actor)

    def _write_note(self, step: Step) -> None:
        author = self._random.choice(self._organization.users)
        at = random_time(self._random, step.work_begins_at, step.at)
        self._record["comments"].append(new_comment(self._random, note(self._random), author=author, at=at, log=False))

    def _record_event(self, event: Event, actor: User) -> None:
        random, record = self._random, self._record
        text = codes.COMMENT_WORDING[event.kind].format(actor=event.actor, name=self._template.name)
        record["comments"].append(new_comment(random, text, author=actor, at=event.at, log=True))
        record["status"] = codes.MILESTONE_STATUS[event.kind]
        # As in the vendor's sample, date_updated is a little before the time of the event's comment.
        record["date_updated"] = format_time(event.at - timedelta(milliseconds=random.randint(40, 990)))
        record |= counters(record["tasks"])
        self._events.append(event)
        self._states.append(State(event.at, self._payload()))
        if event.kind in codes.SENT_EVENTS:
            sent_at = event.at + timedelta(milliseconds=random.randint(200, 3000))
            self._snapshots.append(Snapshot(event, self._states[-1].payload, sent_at))

    def _payload(self) -> dict[str, Any]:
        return with_newer_keys(self._record) if self._organization.newer_keys else with_older_keys(self._record)

    def life(self) -> Life:
        """Everything recorded so far."""
        return Life(
            milestone_id=self._record["uuid"],
            site=self._site,
            newer_keys=self._organization.newer_keys,
            events=tuple(self._events),
            snapshots=tuple(self._snapshots),
            states=tuple(self._states),
        )
