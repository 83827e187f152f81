"""Turns a milestone from REST into a snapshot, and into a row that records the pull of it or of its whole site."""

from typing import Any

import msgspec
import pyarrow as pa

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.conform import Row, Staged, conform, drop_repeated, require_identity
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.fit import UNFIT, fit_timestamp
from sighten_warehouse.payload.meaning import hash_of_row, typed_tree
from sighten_warehouse.payload.rest_shapes import REST_MILESTONE, WORKFLOW
from sighten_warehouse.payload.shapes import Shape

SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("site_id", pa.string()),
        ("milestone_id", pa.string()),
        ("milestones", pa.int64()),
        ("site_updated_at", pa.timestamp("us")),
        ("asked_at", pa.timestamp("us")),
        ("received_at", pa.timestamp("us")),
    ]
)
_EXPECTED = "an object with workflow, milestone and tasks"


def read(content: Any, request: ApiRequest) -> tuple[Staged, Findings]:
    """Return the milestone's snapshot, a row of `snapshots`, and a row of `site_pulls`.

    The watermark is the time of the request: REST gives the state then, not when it arose. Fields that REST lacks are
    NULL. Lists of tasks and sub_tasks are complete unless they are empty: what the token's user may not see reads as
    empty. REST lists no documents, envelopes, signers and comments, so these are never complete.

    Raises:
        RejectedError: the content is not a milestone that the backfill landed, or it has no valid uuid.
    """
    findings = Findings()
    at = At("", findings)
    workflow = conform(WORKFLOW, _with_ids(WORKFLOW, _object(content, "workflow")), At("workflow.", findings))
    payload = _payload(content)
    milestone = conform(REST_MILESTONE, payload, at)
    require_identity(milestone, REST_MILESTONE, payload)
    snapshot = _snapshot(milestone, workflow, request, findings)
    return {"snapshots": [snapshot], "site_pulls": [_pull_row(request)]}, findings


def read_site(content: Any, request: ApiRequest) -> tuple[Staged, Findings]:
    """Return a row of `site_pulls` that records that all milestones of the site are landed.

    Raises:
        RejectedError: the content is not a site record that the backfill landed.
    """
    milestones = content.get("milestones") if isinstance(content, dict) else None
    if not isinstance(milestones, list):
        raise RejectedError("not_a_site", place="milestones", expected="a list of the milestones that were landed")
    return {"site_pulls": [_pull_row(request) | {"milestones": len(milestones)}]}, Findings()


def _pull_row(request: ApiRequest) -> Row:
    return {
        "site_id": request.site_id,
        "milestone_id": request.milestone_id,
        "milestones": None,
        "site_updated_at": _timestamp(request.site_updated_at),
        "asked_at": _timestamp(request.asked_at),
    }


def _timestamp(text: str | None) -> Any:
    timestamp = fit_timestamp(text)
    return None if timestamp is UNFIT else timestamp


def _object(content: Any, name: str) -> Row:
    value = content.get(name) if isinstance(content, dict) else None
    if not isinstance(value, dict):
        raise RejectedError("not_a_rest_milestone", place=name, expected=_EXPECTED)
    return value


def _payload(content: Any) -> Row:
    """Nest the items as a webhook does; a list that is empty or was not requested is left out."""
    payload = _with_ids(REST_MILESTONE, _object(content, "milestone"))
    shape = REST_MILESTONE.lists["tasks"]
    tasks = [
        _with_ids(shape, _object(task, "task")) | _listed("sub_tasks", task.get("sub_tasks"), shape.lists["sub_tasks"])
        for task in content.get("tasks") or []
    ]
    return payload | ({"tasks": tasks} if tasks else {})


def _listed(name: str, items: Any, shape: Shape) -> Row:
    return {name: [_with_ids(shape, item) if isinstance(item, dict) else item for item in items]} if items else {}


def _with_ids(shape: Shape, item: Row) -> Row:
    """Replace objects by their uuid where an id is expected."""
    ids = {key for key, known in shape.by_key.items() if known.type == "uuid"}
    return {
        key: value["uuid"] if key in ids and isinstance(value, dict) and "uuid" in value else value
        for key, value in item.items()
    }


def _snapshot(milestone: Row, workflow: Row, request: ApiRequest, findings: Findings) -> Row:
    meaning = _meaning(milestone, workflow, request)
    tasks, comments = milestone.pop("tasks"), milestone.pop("comments")
    complete = milestone.pop("tasks_complete")
    del milestone["comments_complete"]
    drop_repeated(tasks, comments, findings)
    _mark_unknown(tasks)
    for name in ("site_id", "quote_id", "workflow_id"):
        milestone[name] = milestone[name] or workflow[name]
    milestone["site_id"] = milestone["site_id"] or request.site_id
    milestone["contract_id"] = workflow["contract_id"]
    milestone["rescued"] = _merge_rescued(milestone["rescued"], workflow["rescued"])
    facts = ("milestone_id", "site_id", "quote_id", "milestone_definition_id", "date_updated")
    return {name: milestone[name] for name in facts} | {
        "kind": "milestone",
        "is_rest": True,
        "milestone": milestone,
        "tasks": tasks,
        "comments": comments,
        "tasks_complete": complete,
        "watermark_at": _timestamp(request.asked_at),
        "content_hash": meaning,
    }


def _meaning(milestone: Row, workflow: Row, request: ApiRequest) -> str:
    tree = {"milestone": typed_tree(REST_MILESTONE, milestone), "workflow": typed_tree(WORKFLOW, workflow)}
    # The time is part of the meaning: the same state at a later time is new information.
    return hash_of_row("rest_milestone", tree | {"site_id": request.site_id, "asked_at": request.asked_at})


def _mark_unknown(tasks: list[Row]) -> None:
    """Clear positions, since the order of REST's lists has no known meaning, and mark lists that REST lacks."""
    for task in tasks:
        task["position"] = None
        for sub_task in task["sub_tasks"]:
            unknown = ("documents_complete", "envelopes_complete", "signers_complete")
            sub_task |= {"position": None, **dict.fromkeys(unknown, False)}


def _merge_rescued(of_milestone: str | None, of_workflow: str | None) -> str | None:
    if of_workflow is None:
        return of_milestone
    kept = msgspec.json.decode(of_milestone or "{}", type=dict[str, msgspec.Raw])
    kept["ops_workflow"] = msgspec.Raw(of_workflow.encode())
    return msgspec.json.encode(kept, order="deterministic").decode()
