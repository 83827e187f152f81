"""The task-shaped webhooks of a life: task status, contract status and change orders."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sighten_simulator.webhooks.body import WebhookBody
from sighten_simulator.world.lives import Life, State
from sighten_simulator.world.people import Signing
from sighten_simulator.world.randomness import new_uuid, seeded_random
from sighten_simulator.world.tasks import task_definition_id
from sighten_simulator.world.timestamps import format_time

STATUS_SHARE = 0.3
# The tasks of a contract and of its change, by preference; one site in three has no milestone with either.
CONTRACT_TASKS, CHANGE_TASKS = ("Installation Agreement", "Change Order"), ("Change Order", "Installation Agreement")


def task_bodies(life: Life, *, seed: int, disagreeing: float = 0.0) -> list[WebhookBody]:
    """The task-shaped webhooks of the life, oldest first.

    A change order names the quote that the API gives as signed, except for the share `disagreeing`.
    """
    random = seeded_random(seed, "task bodies", life.milestone_id)
    bodies = [*_statuses(life, seed=seed), *_contracts(life, seed=seed)]
    for body in bodies:
        if "new_quote" in body.payload and random.random() < disagreeing:
            body.payload["new_quote"] = new_uuid(random)
    return sorted(bodies, key=lambda body: body.sent_at)


def _statuses(life: Life, *, seed: int) -> Iterator[WebhookBody]:
    """A body for some of the tasks whose status an event changed."""
    before = life.states[0]
    for state in life.states[1:]:
        old = {task["uuid"]: task["status"] for task in before.payload["tasks"]}
        for task in state.payload["tasks"]:
            random = seeded_random(seed, "task status", task["uuid"], state.since)
            if task["status"] != old[task["uuid"]] and random.random() < STATUS_SHARE:
                yield _body(life, task, at=state.since, seed=seed)
        before = state


def _contracts(life: Life, *, seed: int) -> Iterator[WebhookBody]:
    """A contract status for the first signing and a change order for each re-sign, if the life has a task for it."""
    for number, signing in enumerate(life.site.signings):
        names = CHANGE_TASKS if number else CONTRACT_TASKS
        task = _task_when_signed(life, signing, names)
        if task is not None:
            extra = {"new_quote": signing.quote_id} if number else {}
            yield _body(life, task, at=signing.signed_at, seed=seed, extra=extra)


def _task_when_signed(life: Life, signing: Signing, names: tuple[str, ...]) -> dict[str, Any] | None:
    """The task at the time of the signing; None if the milestone had not begun or has no such task."""
    states: list[State] = [state for state in life.states if state.since <= signing.signed_at]
    tasks = {task["name"]: task for task in states[-1].payload["tasks"]} if states else {}
    return next((tasks[name] for name in names if name in tasks), None)


def _body(
    life: Life, task: dict[str, Any], *, at: datetime, seed: int, extra: dict[str, str] | None = None
) -> WebhookBody:
    payload = {
        "comments": [],
        **task,
        "task_definition": task_definition_id(seed, task["name"]),
        "milestone": life.milestone_id,
        "milestone_definition": life.final["milestone_definition"],
        "site": life.site.site_id,
        # Always the original quote, even if a change order names a new one.
        "quote": life.site.quote_id,
        "date_updated": format_time(at),
        **(extra or {}),
    }
    return WebhookBody(life.milestone_id, task["uuid"], "task", payload, at + timedelta(seconds=1))
