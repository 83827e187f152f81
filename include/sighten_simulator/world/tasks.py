"""Tasks and sub_tasks and the work on them, always with the keys of 2021."""

from collections import Counter
from collections.abc import Sequence
from random import Random
from typing import Any

from sighten_simulator.world import codes
from sighten_simulator.world.catalog import SubTaskTemplate, TaskTemplate
from sighten_simulator.world.esign import new_document, sign
from sighten_simulator.world.milestone_plan import Step
from sighten_simulator.world.people import Site, User
from sighten_simulator.world.randomness import new_uuid, seeded_random
from sighten_simulator.world.timestamps import random_time
from sighten_simulator.world.wording import file_name

TICKED_SHARE = 0.7
UPLOADED_SHARE = 0.85
LEFT_PENDING_SHARE = 0.1
APPROVED_EARLY_SHARE = 0.4
MAX_UPLOADS = 3


def task_definition_id(seed: int, name: str) -> str:
    """The uuid of the task definition of that name."""
    return new_uuid(seeded_random(seed, "task_definition", name))


def new_task(random: Random, template: TaskTemplate, *, seed: int, assignee: User) -> dict[str, Any]:
    """A task that nobody has worked on."""
    return {
        "description": template.description,
        "uuid": new_uuid(random),
        "assigned_to": assignee.as_payload(),
        "sub_tasks": [_new_sub_task(random, sub_task) for sub_task in template.sub_tasks],
        "name": template.name,
        "status": codes.TASK_PENDING,
        "task_definition": task_definition_id(seed, template.name),
    }


def _new_sub_task(random: Random, template: SubTaskTemplate) -> dict[str, Any]:
    return {
        "data": False if template.kind == "tick" else {"envelopes": [], "documents": []},
        "instructions": template.instructions,
        "label": template.label,
        "uuid": new_uuid(random),
        "document_status": "NOSTART",
        "category": "CHECKBOX" if template.kind == "tick" else "DOCUMENT",
        "status": "INCM",
        "required": template.required,
        "signers": [],
    }


def prepare_tasks(  # noqa: PLR0913  (what, who, where and when)
    random: Random,
    tasks: list[dict[str, Any]],
    templates: Sequence[TaskTemplate],
    *,
    site: Site,
    user: User,
    step: Step,
) -> None:
    """Complete the tasks that are not ready before a submit, except for a few that stay pending."""
    for position, (task, template) in enumerate(zip(tasks, templates, strict=True)):
        if task["status"] in (codes.TASK_READY, codes.TASK_APPROVED):
            continue
        if task["status"] == codes.TASK_PENDING and position and random.random() < LEFT_PENDING_SHARE:
            continue
        for sub_task, sub_template in zip(task["sub_tasks"], template.sub_tasks, strict=True):
            _work_on(random, sub_task, sub_template, site=site, user=user, step=step)
        task["status"] = codes.TASK_READY


def reject_tasks(random: Random, tasks: list[dict[str, Any]]) -> None:
    """Reject one task, sometimes two, and approve some of the ready ones."""
    rejected = random.sample(range(len(tasks)), k=min(len(tasks), random.choice((1, 1, 1, 2))))
    for position, task in enumerate(tasks):
        if position in rejected:
            task["status"] = codes.TASK_REJECTED
        elif task["status"] == codes.TASK_READY and random.random() < APPROVED_EARLY_SHARE:
            task["status"] = codes.TASK_APPROVED


def _work_on(  # noqa: PLR0913  (what, who, where and when)
    random: Random, sub_task: dict[str, Any], template: SubTaskTemplate, *, site: Site, user: User, step: Step
) -> None:
    if template.kind == "tick":
        if random.random() < TICKED_SHARE:
            sub_task |= {"data": True, "status": "COMP"}
    elif template.kind == "sign":
        _mark_stale(sub_task)
        sign(random, sub_task, site=site, installer=user, step=step)
    elif template.required or random.random() < UPLOADED_SHARE:
        _upload(random, sub_task, surname=site.homeowner[1], step=step)


def _upload(random: Random, sub_task: dict[str, Any], *, surname: str, step: Step) -> None:
    if random.random() < 1 / 2:
        _mark_stale(sub_task)
    for _ in range(random.randint(1, MAX_UPLOADS)):
        name = file_name(random, label=sub_task["label"], surname=surname)
        at = random_time(random, step.work_begins_at, step.at)
        sub_task["data"]["documents"].append(new_document(random, name=name, group=None, uploaded=True, at=at))
    sub_task |= {"document_status": "UPLD", "status": "COMP"}


def _mark_stale(sub_task: dict[str, Any]) -> None:
    for document in sub_task["data"]["documents"]:
        document["stale"] = True


def counters(tasks: list[dict[str, Any]]) -> dict[str, int | bool]:
    """The milestone's counters: tasks in all and in each status, and whether it may be submitted."""
    statuses = Counter(task["status"] for task in tasks)
    by_status = {key: statuses[status] for key, status in codes.TASK_COUNTERS.items()}
    open_tasks = statuses[codes.TASK_PENDING] + statuses[codes.TASK_REJECTED]
    return {"task_count": len(tasks), **by_status, "ready_to_submit": open_tasks == 0}
