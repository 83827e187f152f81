"""From what REST tells of a milestone to a snapshot, and to a note that it, or all of its site, was pulled."""

from typing import Any

import msgspec
import pyarrow as pa

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.conform import Row, conform, content_hash, drop_repeated, require_identity
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.fit import UNFIT, fit_timestamp
from sighten_warehouse.payload.rest_shapes import REST_MILESTONE, WORKFLOW
from sighten_warehouse.payload.shapes import Shape

Staged = dict[str, list[Row]]
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


def read(content: Any, asked: ApiRequest) -> tuple[Staged, Findings]:
    """The milestone's snapshot, a row of `snapshots`, and one of `site_pulls`.

    Its watermark is when it was asked for: REST tells how things were then, and not when they came to be so. What REST
    has no key for is NULL. Its lists of tasks and sub_tasks are complete unless they are empty: what a token's user may
    not see reads as empty. It lists no documents, envelopes, signers or comments, so it is complete in none of these.

    Raises:
        RejectedError: it is none that we landed, or the milestone has no usable uuid.
    """
    findings = Findings()
    at = At("", findings)
    workflow = conform(WORKFLOW, _with_ids(WORKFLOW, _object(content, "workflow")), At("workflow.", findings))
    given = _payload(content)
    milestone = conform(REST_MILESTONE, given, at)
    require_identity(milestone, REST_MILESTONE, given)
    snapshot = _snapshot(milestone, workflow, asked, findings)
    return {"snapshots": [snapshot], "site_pulls": [_pulled(asked)]}, findings


def read_site(content: Any, asked: ApiRequest) -> tuple[Staged, Findings]:
    """A row of `site_pulls` that says: all milestones of this site are landed.

    Raises:
        RejectedError: it is none that we landed.
    """
    milestones = content.get("milestones") if isinstance(content, dict) else None
    if not isinstance(milestones, list):
        raise RejectedError("not_a_site", place="milestones", expected="a list of the milestones that were landed")
    return {"site_pulls": [_pulled(asked) | {"milestones": len(milestones)}]}, Findings()


def _pulled(asked: ApiRequest) -> Row:
    return {
        "site_id": asked.site_id,
        "milestone_id": asked.milestone_id,
        "milestones": None,
        "site_updated_at": _moment(asked.site_updated_at),
        "asked_at": _moment(asked.asked_at),
    }


def _moment(text: str | None) -> Any:
    moment = fit_timestamp(text)
    return None if moment is UNFIT else moment


def _object(content: Any, name: str) -> Row:
    value = content.get(name) if isinstance(content, dict) else None
    if not isinstance(value, dict):
        raise RejectedError("not_a_rest_milestone", place=name, expected=_EXPECTED)
    return value


def _payload(content: Any) -> Row:
    """The items nested as a webhook nests them; a list that was not told is absent."""
    payload = _with_ids(REST_MILESTONE, _object(content, "milestone"))
    shape = REST_MILESTONE.lists["tasks"]
    tasks = [
        _with_ids(shape, _object(one, "task")) | _listed("sub_tasks", one.get("sub_tasks"), shape.lists["sub_tasks"])
        for one in content.get("tasks") or []
    ]
    return payload | ({"tasks": tasks} if tasks else {})


def _listed(name: str, items: Any, shape: Shape) -> Row:
    return {name: [_with_ids(shape, item) if isinstance(item, dict) else item for item in items]} if items else {}


def _with_ids(shape: Shape, item: Row) -> Row:
    """The item, in which an object that stands where its id is expected is that id."""
    ids = {key for key, known in shape.by_key.items() if known.type == "uuid"}
    return {
        key: value["uuid"] if key in ids and isinstance(value, dict) and "uuid" in value else value
        for key, value in item.items()
    }


def _snapshot(milestone: Row, workflow: Row, asked: ApiRequest, findings: Findings) -> Row:
    tasks, comments = milestone.pop("tasks"), milestone.pop("comments")
    complete = milestone.pop("tasks_complete")
    del milestone["comments_complete"]
    drop_repeated(tasks, comments, findings)
    _say_what_is_not_told(tasks)
    for name in ("site_id", "quote_id", "workflow_id"):
        milestone[name] = milestone[name] or workflow[name]
    milestone["site_id"] = milestone["site_id"] or asked.site_id
    milestone["contract_id"] = workflow["contract_id"]
    milestone["rescued"] = _rescued_together(milestone["rescued"], workflow["rescued"])
    facts = ("milestone_id", "site_id", "quote_id", "milestone_definition_id", "date_updated")
    snapshot = {name: milestone[name] for name in facts} | {
        "kind": "milestone",
        "is_rest": True,
        "milestone": milestone,
        "tasks": tasks,
        "comments": comments,
        "tasks_complete": complete,
        "watermark_at": _moment(asked.asked_at),
    }
    # The watermark is a part of what it means: the same state, told again later, is news.
    return snapshot | {"content_hash": content_hash(snapshot)}


def _say_what_is_not_told(tasks: list[Row]) -> None:
    """REST's lists come in no order that is known to mean anything, and hold nothing that is below a sub_task."""
    for task in tasks:
        task["position"] = None
        for sub_task in task["sub_tasks"]:
            not_told = ("documents_complete", "envelopes_complete", "signers_complete")
            sub_task |= {"position": None, **dict.fromkeys(not_told, False)}


def _rescued_together(of_milestone: str | None, of_workflow: str | None) -> str | None:
    if of_workflow is None:
        return of_milestone
    kept = msgspec.json.decode(of_milestone or "{}", type=dict[str, msgspec.Raw])
    kept["ops_workflow"] = msgspec.Raw(of_workflow.encode())
    return msgspec.json.encode(kept, order="deterministic").decode()
