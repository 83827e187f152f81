"""The task-shaped webhooks of a life: task status, contract status and change orders, as the milestone then stood."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sighten_simulator.webhooks.body import Sent
from sighten_simulator.world.chance import chance, new_uuid, written
from sighten_simulator.world.lives import Life, State
from sighten_simulator.world.people import Signing
from sighten_simulator.world.tasks import task_definition_id

STATUS_SHARE = 0.3
# Which task a contract belongs to, and which one a change of it; one site in three has no milestone with either.
CONTRACT_TASKS, CHANGE_TASKS = ("Installation Agreement", "Change Order"), ("Change Order", "Installation Agreement")


def task_bodies(life: Life, *, seed: int, disagreeing: float = 0.0) -> list[Sent]:
    """Everything task-shaped that Sighten sends of the life, oldest first.

    A change order names the new quote that the API calls the signed one, but for the share `disagreeing`.
    """
    random = chance(seed, "task bodies", life.milestone_id)
    bodies = [*_statuses(life, seed=seed), *_contracts(life, seed=seed)]
    for sent in bodies:
        if "new_quote" in sent.payload and random.random() < disagreeing:
            sent.payload["new_quote"] = new_uuid(random)
    return sorted(bodies, key=lambda sent: sent.sent_at)


def _statuses(life: Life, *, seed: int) -> Iterator[Sent]:
    """Some of the tasks whose status changed with an event."""
    before = life.states[0]
    for state in life.states[1:]:
        old = {task["uuid"]: task["status"] for task in before.payload["tasks"]}
        for task in state.payload["tasks"]:
            random = chance(seed, "task status", task["uuid"], state.since)
            if task["status"] != old[task["uuid"]] and random.random() < STATUS_SHARE:
                yield _body(life, task, at=state.since, seed=seed)
        before = state


def _contracts(life: Life, *, seed: int) -> Iterator[Sent]:
    """A contract status for the first signing, a change order for each re-sign, where the life has a task for it."""
    for number, signing in enumerate(life.site.signings):
        names = CHANGE_TASKS if number else CONTRACT_TASKS
        task = _task_then(life, signing, names)
        if task is not None:
            more = {"new_quote": signing.quote_id} if number else {}
            yield _body(life, task, at=signing.signed_at, seed=seed, more=more)


def _task_then(life: Life, signing: Signing, names: tuple[str, ...]) -> dict[str, Any] | None:
    """The task as it stood when that was signed; None where the milestone had not begun, or has no such task."""
    states: list[State] = [state for state in life.states if state.since <= signing.signed_at]
    tasks = {task["name"]: task for task in states[-1].payload["tasks"]} if states else {}
    return next((tasks[name] for name in names if name in tasks), None)


def _body(life: Life, task: dict[str, Any], *, at: datetime, seed: int, more: dict[str, str] | None = None) -> Sent:
    payload = {
        "comments": [],
        **task,
        "task_definition": task_definition_id(seed, task["name"]),
        "milestone": life.milestone_id,
        "milestone_definition": life.final["milestone_definition"],
        "site": life.site.site_id,
        # The original for ever, also where a change order names a new one.
        "quote": life.site.quote_id,
        "date_updated": written(at),
        **(more or {}),
    }
    return Sent(life.milestone_id, task["uuid"], "task", payload, at + timedelta(seconds=1))
