"""Payloads to deliver: the vendor's sample, and small milestones of the same shape."""

import json
from importlib.resources import files
from typing import Any
from uuid import UUID, uuid5

NAMESPACE = UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
SAMPLE_BYTES = files("sighten_simulator.world").joinpath("sample_milestone.verbatim.txt").read_bytes()
SAMPLE_MILESTONE = "7a605ec8-d276-4d6c-bd47-52a483e28783"


def an_id(name: str) -> str:
    """A UUID derived from the name."""
    return str(uuid5(NAMESPACE, name))


def sample_as_json() -> bytes:
    """The vendor's sample as strict JSON: only its two bare words are Python's."""
    return SAMPLE_BYTES.replace(b":False", b":false").replace(b":True", b":true")


def a_document(name: str, /, **changes: Any) -> dict[str, Any]:
    return {
        "uuid": an_id(f"document {name}"),
        "name": f"{name}.pdf",
        "creation_type": "UPLOADED",
        "document_type": "OTH",
        "document_group": an_id(f"group {name}"),
        "date_created": "2025-03-01T08:00:00Z",
    } | changes


def a_sub_task(name: str, /, *, documents: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    data: Any = False if documents is None else {"envelopes": [], "documents": documents}
    return {
        "uuid": an_id(f"sub_task {name}"),
        "label": name,
        "instructions": "None",
        "category": "CHECKBOX" if documents is None else "DOCUMENT",
        "status": "INCM",
        "document_status": "NOSTART",
        "required": False,
        "data": data,
    } | changes


def a_task(name: str, /, *, sub_tasks: list[Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "uuid": an_id(f"task {name}"),
        "name": name,
        "description": f"do {name}",
        "status": "INPROG",
        "assigned_to": a_user("Generic"),
        "sub_tasks": [a_sub_task(name)] if sub_tasks is None else sub_tasks,
    } | changes


def a_user(name: str) -> dict[str, Any]:
    return {
        "uuid": an_id(f"user {name}"),
        "email": f"{name.lower()}@example.com",
        "first_name": name,
        "last_name": "Operations",
        "organization": an_id("organization"),
        "organization_name": "Example Solar",
    }


def a_comment(name: str, text: str, timestamp: str, **changes: Any) -> dict[str, Any]:
    return {
        "uuid": an_id(f"comment {name}"),
        "comment": text,
        "commentor": "bot@example.com",
        "commentor_first_name": "Example",
        "commentor_last_name": "Bot",
        "thread": "None",
        "timestamp": timestamp,
    } | changes


def a_milestone(key: str = "one", /, *, at: str | None = "2025-03-01T12:00:00Z", **changes: Any) -> dict[str, Any]:
    tasks = changes.get("tasks", [a_task(f"{key} task")])
    payload = {
        "uuid": an_id(f"milestone {key}"),
        "name": "Construction & Signoff",
        "description": "",
        "status": "SUBMITTED",
        "site": an_id(f"site {key}"),
        "quote": an_id(f"quote {key}"),
        "milestone_definition": an_id("definition"),
        "assigned_to": a_user("Generic"),
        "ready_to_submit": True,
        "task_count": len(tasks) if isinstance(tasks, list) else None,
        "date_updated": at,
        "tasks": tasks,
        "comments": [],
    }
    return payload | changes


def a_task_delivery(
    name: str, *, milestone: str | None = "one", at: str = "2025-03-01T12:00:00Z", **changes: Any
) -> dict[str, Any]:
    """A task-shaped body, as in contract and task webhooks."""
    return (
        a_task(name)
        | {
            "milestone": an_id(f"milestone {milestone}") if milestone else None,
            "task_definition": an_id("task definition"),
            "date_updated": at,
        }
        | changes
    )


def as_json(payload: Any) -> bytes:
    return json.dumps(payload).encode()
