"""The two key sets of a payload: the older one of the vendor's sample, and the newer one of 2021."""

import copy
from typing import Any

_NEWER_ONLY = {
    "comment": ("commenter_id", "comment_type", "last_updated", "private"),
    "task": ("task_definition",),
    "sub_task": ("signers",),
    "document": ("stale",),
}


def with_newer_keys(milestone: dict[str, Any]) -> dict[str, Any]:
    """A copy with every key, null for null, newest comment first."""
    payload = copy.deepcopy(milestone)
    payload["comments"].reverse()
    return payload


def with_older_keys(milestone: dict[str, Any]) -> dict[str, Any]:
    """A copy with the keys of the vendor's sample: "None" for null, no replaced documents, oldest comment first."""
    payload = copy.deepcopy(milestone)
    for comment in payload["comments"]:
        _drop(comment, "comment")
        comment["thread"] = "None" if comment["thread"] is None else comment["thread"]
    for task in payload["tasks"]:
        _drop(task, "task")
        for sub_task in task["sub_tasks"]:
            _make_sub_task_older(sub_task)
    return payload


def _make_sub_task_older(sub_task: dict[str, Any]) -> None:
    _drop(sub_task, "sub_task")
    sub_task["instructions"] = "None" if sub_task["instructions"] is None else sub_task["instructions"]
    if isinstance(sub_task["data"], bool):
        return
    # The older keys of an envelope are not known. Without the key `stale`, a replaced document is left out.
    kept = [document for document in sub_task["data"]["documents"] if not document["stale"]]
    for document in kept:
        _drop(document, "document")
    sub_task["data"] = {"envelopes": [], "documents": kept}


def _drop(entity: dict[str, Any], kind: str) -> None:
    for key in _NEWER_ONLY[kind]:
        entity.pop(key, None)
