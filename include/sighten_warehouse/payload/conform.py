"""Turning a parsed payload into one typed snapshot: values that fit fill columns, the others are rescued."""

from typing import Any

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.payload.codes import KNOWN_CODES
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.fit import UNFIT, fit_uuid
from sighten_warehouse.payload.json_text import canonical_json
from sighten_warehouse.payload.meaning import hash_of_row, typed_tree
from sighten_warehouse.payload.shapes import DATA_LISTS, MILESTONE, SUB_TASK, TASK_ROOT, USER, Field, Shape

Row = dict[str, Any]
Staged = dict[str, list[Row]]  # rows by table of `staging`
MAX_UNREADABLE = 1_000


def conform_milestone(payload: dict[str, Any]) -> tuple[Row, Findings]:
    """The snapshot of a milestone-shaped payload.

    Raises:
        RejectedError: it has no usable uuid.
    """
    findings = Findings()
    milestone = conform(MILESTONE, payload, At("", findings))
    require_identity(milestone, MILESTONE, payload)
    # An empty list of comments means as little as none, since no comment is ever removed.
    meaning = hash_of_row("milestone", typed_tree(MILESTONE, milestone | {"comments_complete": False}))
    tasks, comments = milestone.pop("tasks"), milestone.pop("comments")
    del milestone["comments_complete"]
    complete = milestone.pop("tasks_complete")
    if isinstance(payload.get("tasks"), list) and not _count_agrees(milestone, payload["tasks"], tasks, findings):
        complete = False
        _remove_nothing(tasks)
    _check_counters(milestone, tasks, findings)
    drop_repeated(tasks, comments, findings)
    facts = ("milestone_id", "site_id", "quote_id", "milestone_definition_id", "date_updated")
    snapshot = {name: milestone[name] for name in facts}
    snapshot |= {
        "kind": "milestone",
        "milestone": milestone,
        "tasks": tasks,
        "comments": comments,
        "tasks_complete": complete,
    }
    derived = {"content_hash": meaning, "watermark_at": findings.watermark}
    return snapshot | derived, findings


def conform_task(payload: dict[str, Any]) -> tuple[Row, Findings]:
    """The snapshot of a task-shaped payload: one task, its children, and the milestone fields of its root.

    Raises:
        RejectedError: it has no usable uuid.
    """
    findings = Findings()
    task = conform(TASK_ROOT, payload, At("", findings)) | {"position": None}
    require_identity(task, TASK_ROOT, payload)
    meaning = hash_of_row("task", typed_tree(TASK_ROOT, task))
    facts = ("milestone_id", "site_id", "quote_id", "new_quote_id", "milestone_definition_id", "date_updated")
    snapshot = {name: task.pop(name) for name in facts}
    drop_repeated([task], [], findings)
    snapshot |= {"kind": "task", "task_id": task["task_id"], "tasks": [task], "comments": [], "tasks_complete": False}
    derived = {"content_hash": meaning, "watermark_at": findings.watermark}
    return snapshot | derived, findings


def require_identity(row: Row, shape: Shape, payload: dict[str, Any]) -> None:
    """Check that the row has an id.

    Raises:
        RejectedError: it has none, so its children cannot be tied to it.
    """
    if row[str(shape.identity)] is None:
        reason = "unfit_uuid" if payload.get("uuid") is not None else "no_uuid"
        raise RejectedError(reason, place="uuid", expected="a UUID")


def conform(shape: Shape, given: Row, at: At) -> Row:
    """The row of one entity and its children: values that fit in columns, the others in `rescued`."""
    row: Row = dict(shape.empty)
    rescued: Row = {}
    by_key, nested_keys = shape.by_key, shape.nested_keys
    for key, value in given.items():
        known = by_key.get(key)
        if known is not None:
            if value is not None and not _fill(row, known, value, at):
                rescued[key] = value
        elif key not in nested_keys:
            rescued[key] = value
            at.report(key, "unknown_field", expected="a field met before", example=value)
    if shape.assignee_key:
        rescued |= _conform_assignee(row, shape.assignee_key, given, at)
    if shape.has_data:
        _conform_data(row, given, at)
    for name, child in shape.lists.items():
        rescued |= _conform_list(row, name, child, given, at)
    row["rescued"] = canonical_json(rescued).decode() if rescued else None
    return row


def _fill(row: Row, known: Field, value: Any, at: At) -> bool:
    """Put the value into its column; return whether it fits."""
    if value == "None" and known.none_is_null:
        return True
    fit = known.fit(value)
    if fit is UNFIT:
        at.report(known.key, "unfit_value", expected=known.expected, example=value)
        return False
    row[known.name] = fit
    if known.type == "timestamp":
        at.findings.see(fit)
    elif known.codes and known.codes in KNOWN_CODES and fit not in KNOWN_CODES[known.codes]:
        codes = ", ".join(sorted(KNOWN_CODES[known.codes]))
        at.report(known.key, "unknown_code", expected=f"one of {codes}", example=fit, code_field=known.codes)
    return True


def _conform_assignee(row: Row, key: str, payload: Row, at: At) -> Row:
    """Put the assigned user into the row; return what to rescue."""
    given = payload.get(key)
    user = conform(USER, given, at.below(key)) if isinstance(given, dict) else None
    as_id = fit_uuid(given) if isinstance(given, str) else UNFIT
    row["assigned_to"] = user
    row["assigned_to_user_id"] = user["user_id"] if user else (None if as_id is UNFIT else as_id)
    if user is not None or as_id is not UNFIT or given in (None, "None"):
        return {}
    at.report(key, "unfit_value", expected="a user, a UUID or null", example=given)
    return {key: given}


def _conform_data(row: Row, given: Row, at: At) -> None:
    """Put the whole `data` into the row as sorted JSON, and its lists as children; nothing needs rescuing."""
    data = given.get("data")
    row["data"] = canonical_json(data).decode() if "data" in given else None
    row["is_checked"] = data if isinstance(data, bool) else None
    # A boolean means that there are no documents; any other value that is not an object leaves them unknown.
    lists = data if isinstance(data, dict) else ({"documents": [], "envelopes": []} if isinstance(data, bool) else {})
    others = {key: lists[key] for key in lists if key not in DATA_LISTS}
    below = at.below("data")
    unreadable: Row = {}
    for name, child in DATA_LISTS.items():
        unreadable |= _conform_list(row, name, child, lists, below)
    row["other_data"] = others | unreadable if isinstance(data, dict) else data
    for key, value in others.items():
        below.report(key, "unknown_field", expected="documents or envelopes", example=value)


def _conform_list(row: Row, name: str, shape: Shape, given: Row, at: At) -> Row:
    """Put the readable children into the row; return the unreadable ones to rescue, which make the list incomplete."""
    children = given.get(name)
    row[name], row[f"{name}_complete"] = [], isinstance(children, list)
    if children in (None, "None", []):
        return {}
    if not isinstance(children, list):
        at.report(name, "unfit_value", expected="a list", example=children)
        return {name: children}
    unreadable: list[Row] = []
    below = at.below(f"{name}[]")
    for position, child in enumerate(children, 1):
        conformed = conform(shape, child, below) if isinstance(child, dict) else None
        if conformed is None or conformed[str(shape.identity)] is None:
            if len(unreadable) < MAX_UNREADABLE:
                unreadable.append({"position": position, "value": child})
            at.report(f"{name}[]", "unreadable_child", expected="an object with a UUID as uuid", example=child)
        else:
            conformed["position"] = position
            row[name].append(conformed)
    if not unreadable:
        return {}
    row[f"{name}_complete"] = False
    # Beyond that many, positions would cost more than the list itself.
    return {name: unreadable if len(unreadable) < MAX_UNREADABLE else children}


def _count_agrees(milestone: Row, given: list[Any], tasks: list[Row], findings: Findings) -> bool:
    count = milestone["task_count"]
    if count is None or count in (len(given), len({task["task_id"] for task in tasks})):
        return True
    findings.report("task_count", "truncated", expected=f"the number of tasks, {len(given)}", example=count)
    return False


def _remove_nothing(tasks: list[Row]) -> None:
    """Mark all lists below a truncated one as incomplete: what cut off the tasks may have cut them too."""
    for task in tasks:
        task["sub_tasks_complete"] = False
        for sub_task in task["sub_tasks"]:
            sub_task |= {f"{name}_complete": False for name in SUB_TASK.all_lists}


def _check_counters(milestone: Row, tasks: list[Row], findings: Findings) -> None:
    approved = sum(task["status"] == "APPROVED" for task in tasks)
    count = milestone["approved_task_count"]
    if tasks and count is not None and count != approved:
        report_counter(findings, count, approved)


def report_counter(findings: Findings, count: int, approved: int) -> None:
    """Report that the counter of approved tasks is not their number."""
    findings.report(
        "approved_task_count", "counter_mismatch", expected=f"the approved tasks, {approved}", example=count
    )


def drop_repeated(tasks: list[Row], comments: list[Row], findings: Findings) -> None:
    """Keep the last of entities repeated in one snapshot, as JSON does for a repeated key."""
    _keep_last([tasks], "task_id", findings)
    sub_tasks = [task["sub_tasks"] for task in tasks]
    _keep_last(sub_tasks, "sub_task_id", findings)
    flat = [sub_task for group in sub_tasks for sub_task in group]
    _keep_last([sub_task["documents"] for sub_task in flat], "document_id", findings)
    _keep_last([sub_task["envelopes"] for sub_task in flat], "envelope_id", findings)
    _keep_last([sub_task["signers"] for sub_task in flat], "signer_id", findings)
    _keep_last([comments, *(task["comments"] for task in tasks)], "comment_id", findings)


def _keep_last(groups: list[list[Row]], identity: str, findings: Findings) -> None:
    count = sum(map(len, groups))
    last = {row[identity]: id(row) for group in groups for row in group}
    if len(last) == count:
        return
    for group in groups:
        for row in group:
            if last[row[identity]] != id(row):
                findings.report(identity, "repeated_id", expected="each id once in a snapshot", example=row[identity])
        group[:] = [row for row in group if last[row[identity]] == id(row)]
