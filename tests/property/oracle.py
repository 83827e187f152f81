"""What must be current, or was at a time, found the slow way: delivery after delivery, on plain dictionaries."""

import json
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Row = dict[str, Any]
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass
class Entity:
    parent: str | None
    values: Row
    present: bool = True


@dataclass
class Current:
    """Entities by id; one that a complete list lacks is no longer present, and neither is what hangs below it."""

    milestones: dict[str, Row] = field(default_factory=dict)
    tasks: dict[str, Entity] = field(default_factory=dict)
    sub_tasks: dict[str, Entity] = field(default_factory=dict)
    documents: dict[str, Entity] = field(default_factory=dict)
    comments: dict[str, Row] = field(default_factory=dict)

    def present_tasks(self) -> dict[str, Entity]:
        return {key: one for key, one in self.tasks.items() if one.present}

    def present_sub_tasks(self) -> dict[str, Entity]:
        return {key: one for key, one in self.sub_tasks.items() if one.present and one.parent in self.present_tasks()}

    def present_documents(self) -> dict[str, Entity]:
        return {
            key: one for key, one in self.documents.items() if one.present and one.parent in self.present_sub_tasks()
        }


def replay(deliveries: list[Row], *, until: datetime | None = None) -> Current:
    """The current state after those deliveries, given in the order in which they were received.

    With `until` it is the state at that time, from what tells nothing newer.
    """
    meanings: dict[str, tuple[Row, int]] = {}
    for place, payload in enumerate(deliveries):
        meanings[json.dumps(payload, sort_keys=True)] = (payload, place)  # repeated: the last delivery's place counts
    current = Current()
    for given, _ in sorted(meanings.values(), key=lambda one: (watermark(one[0]), one[1])):
        if until is not None and watermark(given) > until:
            continue
        payload = without_repeated(given)
        if "tasks" in payload or "task_count" in payload:
            _apply_milestone(current, payload)
        else:
            _apply_task(current, payload, payload["milestone"])
    return current


def without_repeated(given: Row) -> Row:
    """The payload with the last of those that share an id in it, level by level from the top."""
    payload = deepcopy(given)
    tasks = payload["tasks"] or [] if "tasks" in payload else [payload]
    if payload.get("tasks"):
        tasks[:] = _last_ones([tasks])[0]
    holders = [task for task in tasks if task.get("sub_tasks")]
    for task, kept in zip(holders, _last_ones([one["sub_tasks"] for one in holders]), strict=True):
        task["sub_tasks"] = kept
    data = [one["data"] for task in holders for one in task["sub_tasks"] if isinstance(one.get("data"), dict)]
    lists = [one for one in data if one.get("documents")]
    for one, kept in zip(lists, _last_ones([one["documents"] for one in lists]), strict=True):
        one["documents"] = kept
    return payload


def _last_ones(groups: list[list[Row]]) -> list[list[Row]]:
    last = {row["uuid"]: id(row) for group in groups for row in group}
    return [[row for row in group if last[row["uuid"]] == id(row)] for group in groups]


def watermark(value: Any) -> datetime:
    """The newest of all timestamps in it; before all others where it has none."""
    if isinstance(value, dict):
        own = [
            datetime.fromisoformat(value[key])
            for key in ("date_updated", "timestamp", "date_created")
            if value.get(key)
        ]
        below = [watermark(one) for one in value.values()]
        return max([*own, *below], default=NEVER)
    if isinstance(value, list):
        return max(map(watermark, value), default=NEVER)
    return NEVER


def _apply_milestone(current: Current, payload: Row) -> None:
    key = payload["uuid"]
    current.milestones[key] = {"status": payload["status"]}
    tasks = payload.get("tasks")
    whole = tasks is not None and payload["task_count"] == len(tasks)
    for task in tasks or []:
        _apply_task(current, task, key, removes=whole)
    if whole:
        _remove_others(current.tasks, key, tasks or [])
    for comment in payload.get("comments") or []:
        current.comments[comment["uuid"]] = comment


def _apply_task(current: Current, task: Row, milestone: str, *, removes: bool = True) -> None:
    key = task["uuid"]
    current.tasks[key] = Entity(milestone, {"status": task["status"]})
    for sub_task in task.get("sub_tasks") or []:
        _apply_sub_task(current, sub_task, key, removes=removes)
    if removes and task.get("sub_tasks") is not None:
        _remove_others(current.sub_tasks, key, task["sub_tasks"])
    for comment in task.get("comments") or []:
        current.comments[comment["uuid"]] = comment


def _apply_sub_task(current: Current, sub_task: Row, task: str, *, removes: bool) -> None:
    key = sub_task["uuid"]
    current.sub_tasks[key] = Entity(task, {"status": sub_task["status"]})
    data = sub_task.get("data")
    documents = [] if isinstance(data, bool) else (data or {}).get("documents")
    for document in documents or []:
        current.documents[document["uuid"]] = Entity(key, {"name": document["name"]})
    if removes and documents is not None:
        _remove_others(current.documents, key, documents)


def _remove_others(entities: dict[str, Entity], parent: str, listed: list[Row]) -> None:
    kept = {one["uuid"] for one in listed}
    for key, entity in entities.items():
        if entity.parent == parent and key not in kept:
            entity.present = False
