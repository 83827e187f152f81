"""The expected current state, or that at a time, by a slow replay of deliveries on plain dictionaries."""

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
    """Entities by id; one that a complete list lacks is not present, nor are its children."""

    milestones: dict[str, Row] = field(default_factory=dict)
    tasks: dict[str, Entity] = field(default_factory=dict)
    sub_tasks: dict[str, Entity] = field(default_factory=dict)
    documents: dict[str, Entity] = field(default_factory=dict)
    comments: dict[str, Row] = field(default_factory=dict)

    def present_tasks(self) -> dict[str, Entity]:
        return {key: task for key, task in self.tasks.items() if task.present}

    def present_sub_tasks(self) -> dict[str, Entity]:
        tasks = self.present_tasks()
        return {key: child for key, child in self.sub_tasks.items() if child.present and child.parent in tasks}

    def present_documents(self) -> dict[str, Entity]:
        sub_tasks = self.present_sub_tasks()
        return {key: child for key, child in self.documents.items() if child.present and child.parent in sub_tasks}


def replay(deliveries: list[Row], *, until: datetime | None = None) -> Current:
    """The current state after the deliveries, in their order of receiving.

    With `until`, the state at that time: from snapshots with no newer watermark.
    """
    meanings: dict[str, tuple[Row, int]] = {}
    for place, payload in enumerate(deliveries):
        meanings[json.dumps(payload, sort_keys=True)] = (payload, place)  # of repeated deliveries the last place counts
    current = Current()
    for given, _ in sorted(meanings.values(), key=lambda meaning: (watermark(meaning[0]), meaning[1])):
        if until is not None and watermark(given) > until:
            continue
        payload = without_repeated(given)
        if "tasks" in payload or "task_count" in payload:
            _apply_milestone(current, payload)
        else:
            _apply_task(current, payload, payload["milestone"])
    return current


def without_repeated(given: Row) -> Row:
    """The payload with only the last of entities that share an id, level by level from the top."""
    payload = deepcopy(given)
    tasks = payload["tasks"] or [] if "tasks" in payload else [payload]
    if payload.get("tasks"):
        tasks[:] = _keep_last([tasks])[0]
    holders = [task for task in tasks if task.get("sub_tasks")]
    for task, kept in zip(holders, _keep_last([task["sub_tasks"] for task in holders]), strict=True):
        task["sub_tasks"] = kept
    data = [child["data"] for task in holders for child in task["sub_tasks"] if isinstance(child.get("data"), dict)]
    holding = [content for content in data if content.get("documents")]
    for content, kept in zip(holding, _keep_last([content["documents"] for content in holding]), strict=True):
        content["documents"] = kept
    return payload


def _keep_last(groups: list[list[Row]]) -> list[list[Row]]:
    last = {row["uuid"]: id(row) for group in groups for row in group}
    return [[row for row in group if last[row["uuid"]] == id(row)] for group in groups]


def watermark(value: Any) -> datetime:
    """The newest timestamp in the value; before all others if it has none."""
    if isinstance(value, dict):
        own = [
            datetime.fromisoformat(value[key])
            for key in ("date_updated", "timestamp", "date_created")
            if value.get(key)
        ]
        below = [watermark(child) for child in value.values()]
        return max([*own, *below], default=NEVER)
    if isinstance(value, list):
        return max(map(watermark, value), default=NEVER)
    return NEVER


def _apply_milestone(current: Current, payload: Row) -> None:
    key = payload["uuid"]
    current.milestones[key] = {"status": payload["status"]}
    tasks = payload.get("tasks")
    complete = tasks is not None and payload["task_count"] == len(tasks)
    for task in tasks or []:
        _apply_task(current, task, key, removes=complete)
    if complete:
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
    kept = {row["uuid"] for row in listed}
    for key, entity in entities.items():
        if entity.parent == parent and key not in kept:
            entity.present = False
