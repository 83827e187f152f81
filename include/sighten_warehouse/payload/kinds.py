"""The kind of a payload, from the keys of its root: the sender does not name it."""

from typing import Any, Literal

Kind = Literal["milestone", "task", "stage_transition", "unknown"]

_COUNTERS = ("task_count", "pending_task_count", "ready_task_count", "approved_task_count", "rejected_task_count")


def kind_of(payload: dict[str, Any]) -> Kind:
    """The kind of a payload. `milestone` and `task` have tables; other kinds are kept and counted.

    Source: the vendor's page for milestones; task-shaped bodies are contract status, task and change order webhooks.
    """
    if "tasks" in payload or any(counter in payload for counter in _COUNTERS):
        return "milestone"
    if "sub_tasks" in payload or "task_definition" in payload:
        return "task"
    if "stage_id" in payload:
        return "stage_transition"
    if "milestone_definition" in payload and "uuid" in payload:
        return "milestone"
    return "unknown"
