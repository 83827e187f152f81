"""Lives of milestones from a seed: each snapshot that Sighten would have sent, and how each milestone ended."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sighten_simulator.world import codes
from sighten_simulator.world.catalog import DEFINITIONS, MilestoneTemplate
from sighten_simulator.world.chance import between, chance, written
from sighten_simulator.world.codes import EventKind
from sighten_simulator.world.keys import newer_keys, older_keys
from sighten_simulator.world.milestone import new_comment, new_milestone
from sighten_simulator.world.milestone_plan import Step, script
from sighten_simulator.world.people import END, MILESTONES_PER_SITE, Organization, Site, User, organizations, site
from sighten_simulator.world.tasks import counters, prepare, reject_some
from sighten_simulator.world.wording import note

NOTE_SHARE = 0.35
LATEST_BEGIN = END - timedelta(days=31)  # so that even the slowest is submitted once before the end


@dataclass(frozen=True)
class Event:
    """One thing that happened to a milestone, as its action log tells it."""

    kind: EventKind
    at: datetime
    actor: str


@dataclass(frozen=True)
class Snapshot:
    """The whole milestone as it stood when the event was sent."""

    event: Event
    payload: dict[str, Any]
    sent_at: datetime


@dataclass(frozen=True)
class State:
    """The milestone from that moment on, until the next one."""

    since: datetime
    payload: dict[str, Any]


@dataclass(frozen=True)
class Life:
    """Everything that is true of one milestone; `states` begin with the one in which nothing has happened yet."""

    milestone_id: str
    site: Site
    newer_keys: bool
    events: tuple[Event, ...]
    snapshots: tuple[Snapshot, ...]
    states: tuple[State, ...]

    @property
    def final(self) -> dict[str, Any]:
        """The newest payload: that of the last snapshot, except where a submit was cancelled after that.

        Of a cancelled submit the vendor sends nothing.
        """
        return self.states[-1].payload

    def as_of(self, now: datetime) -> "Life | None":
        """The life as far as it has gone by then; None where it has not begun."""
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
    """The ground truth: what was sent, and what is so."""

    seed: int
    organizations: tuple[Organization, ...]
    lives: tuple[Life, ...]

    @property
    def sites(self) -> tuple[Site, ...]:
        """Each site once, in the order of its first milestone."""
        return tuple({life.site.site_id: life.site for life in self.lives}.values())

    def as_of(self, now: datetime) -> "Simulation":
        """What was so by then."""
        return replace(self, lives=tuple(life for one in self.lives if (life := one.as_of(now)) is not None))


def lives(seed: int, milestones: int) -> Simulation:
    """So many lives; the same seed gives the same ones, and a larger number the same and then more."""
    installers = organizations(seed)
    told: list[Life] = []
    for number in range(milestones):
        site_number = number // MILESTONES_PER_SITE
        installer = installers[site_number % len(installers)]
        job = told[-1].site if number % MILESTONES_PER_SITE else site(seed, site_number, organization=installer)
        told.append(_live(seed, number, site=job, organization=installer))
    return Simulation(seed, installers, tuple(told))


def _live(seed: int, number: int, *, site: Site, organization: Organization) -> Life:
    random = chance(seed, "milestone", number)
    template = DEFINITIONS[number % len(DEFINITIONS)]
    begin = site.date_created + timedelta(days=random.uniform(0, 20) * (number % MILESTONES_PER_SITE))
    begin = min(begin, LATEST_BEGIN)
    being = _Being(random, template, seed=seed, site=site, organization=organization)
    being.begin(begin)
    for step in script(random, begin=begin, end=END):
        being.go_through(step)
    return being.told()


class _Being:
    """A milestone while it lives; its record always has the keys of 2021."""

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
        """Let it be there from that moment on."""
        self._states.append(State(at, self._payload()))

    def go_through(self, step: Step) -> None:
        """Let the step happen, and send what the vendor would send of it."""
        tasks = self._record["tasks"]
        actor = self._random.choice(self._organization.users)
        if step.kind == "submitted":
            prepare(self._random, tasks, self._template.tasks, site=self._site, user=actor, step=step)
        elif step.kind == "rejected":
            reject_some(self._random, tasks)
        elif step.kind == "approved":
            for task in tasks:
                task["status"] = codes.TASK_APPROVED
        if self._random.random() < NOTE_SHARE:
            self._write_note(step)
        self._tell(Event(step.kind, step.at, actor.full_name), actor)

    def _write_note(self, step: Step) -> None:
        author = self._random.choice(self._organization.users)
        at = between(self._random, step.work_begins_at, step.at)
        self._record["comments"].append(new_comment(self._random, note(self._random), author=author, at=at, log=False))

    def _tell(self, event: Event, actor: User) -> None:
        random, record = self._random, self._record
        text = codes.COMMENT_WORDING[event.kind].format(actor=event.actor, name=self._template.name)
        record["comments"].append(new_comment(random, text, author=actor, at=event.at, log=True))
        record["status"] = codes.MILESTONE_STATUS[event.kind]
        # As in the vendor's sample, the milestone is dated a little before the comment that tells why.
        record["date_updated"] = written(event.at - timedelta(milliseconds=random.randint(40, 990)))
        record |= counters(record["tasks"])
        self._events.append(event)
        self._states.append(State(event.at, self._payload()))
        if event.kind in codes.SENT_EVENTS:
            sent_at = event.at + timedelta(milliseconds=random.randint(200, 3000))
            self._snapshots.append(Snapshot(event, self._states[-1].payload, sent_at))

    def _payload(self) -> dict[str, Any]:
        return newer_keys(self._record) if self._organization.newer_keys else older_keys(self._record)

    def told(self) -> Life:
        """The life as it was."""
        return Life(
            milestone_id=self._record["uuid"],
            site=self._site,
            newer_keys=self._organization.newer_keys,
            events=tuple(self._events),
            snapshots=tuple(self._snapshots),
            states=tuple(self._states),
        )
