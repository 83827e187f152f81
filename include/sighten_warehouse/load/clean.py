"""The fast path: clean payloads become columns of history without a dict a row.

Gives the same rows as `payload/conform.py` and the models of `sql/history`; `test_any_path.py` compares the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import msgspec
import pyarrow as pa

from sighten_warehouse.landing.decision import is_decision
from sighten_warehouse.landing.line import LandingLine
from sighten_warehouse.load.delivery import drift_rows
from sighten_warehouse.load.mentions import assigned_users, organizations, users
from sighten_warehouse.models import models
from sighten_warehouse.payload.conform import Row, report_counter
from sighten_warehouse.payload.levels import Level, Observed, as_ids, as_moments, is_id, set_aside_repeated
from sighten_warehouse.payload.meaning import content_hash
from sighten_warehouse.payload.shapes import DATA_LISTS, MILESTONE, TASK_ROOT, USER, Shape
from sighten_warehouse.payload.structs import NOT_SENT, decode_milestone, decode_task, is_data, is_user, sorted_json

_ARROW_TYPES = {
    "text": pa.string(),
    "json": pa.string(),
    "timestamp": pa.timestamp("us"),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "number": pa.float64(),
}
DECODERS: dict[str, Callable[[msgspec.Raw | str], Any]] = {"milestone": decode_milestone, "task": decode_task}
USER_COLUMNS = ("user_id", "email", "first_name", "last_name", "organization_id")
ORGANIZATION_COLUMNS = ("organization_id", "name")
FACTS = ("batch_id", "landing_file", "line_number", "source", "body_sha256", "body_bytes")
Columns = dict[str, pa.Array]
Batches = list[tuple[str, pa.RecordBatch]]


@dataclass(frozen=True)
class CleanLine:
    """A line whose payload has the keys and types of its kind: the facts of its delivery, and the payload decoded."""

    line: LandingLine
    facts: Row
    kind: str
    root: Any


def decode_clean(line: LandingLine, facts: Row) -> CleanLine | None:
    """The line, if its payload is JSON from a webhook with known keys and types; whether it is clean is seen later."""
    if (
        line.source == "api"
        or is_decision(line)
        or line.body_encoding == "base64"
        or "content-encoding" in line.headers
    ):
        return None
    for kind in DECODERS:
        try:
            return CleanLine(line, facts, kind, _decode(line, kind))
        except (msgspec.MsgspecError, ValueError, RecursionError):
            continue
    return None


def _decode(line: LandingLine, kind: str) -> Any:
    # If there is a body, the digest is its, not the payload's.
    return DECODERS[kind](line.payload if line.body is None else line.body)


def flatten_clean(lines: Sequence[CleanLine]) -> tuple[Batches, list[CleanLine]]:
    """The rows of history of the lines, which are of one kind; and the lines that are not clean, without rows."""
    unclean: list[CleanLine] = []
    while lines:
        payloads = _Payloads(lines)
        batches = payloads.batches()
        found = payloads.observed.unclean
        if not found:
            return batches, unclean
        unclean += [lines[index] for index in sorted(found)]
        # Flattening changes the decoded payloads.
        lines = [
            CleanLine(line.line, line.facts, line.kind, _decode(line.line, line.kind))
            for index, line in enumerate(lines)
            if index not in found
        ]
    return [], unclean


@cache
def history_schema(table: str) -> pa.Schema:
    """The Arrow schema of a history table that `load` writes."""
    columns = models()[f"history.{table}"].stored_columns
    return pa.schema([(column.name, _ARROW_TYPES[column.type]) for column in columns])


class _Payloads:
    """Some payloads of one kind while they are flattened, level by level."""

    def __init__(self, lines: Sequence[CleanLine]) -> None:
        self.lines = lines
        self.kind = lines[0].kind
        self.observed = Observed([""] * len(lines))
        self.roots = [line.root for line in lines]
        self._batches: list[tuple[str, pa.RecordBatch]] = []
        self._keys = {
            name: _column(name, [line.facts[name] for line in lines]) for name in ("landing_id", "received_at")
        }

    def batches(self) -> Batches:
        """The rows of every history table, by table; they count if no payload was found unclean."""
        shape = MILESTONE if self.kind == "milestone" else TASK_ROOT
        root = Level(shape=shape, rows=self.roots, payloads=range(len(self.roots)), positions=[None] * len(self.roots))
        columns = root.columns(self.observed)
        self._keys["milestone_id"] = columns["milestone_id"]
        comments = [root.below("comments", root.shape.lists["comments"])]
        if self.kind == "milestone":
            tasks = root.below("tasks", root.shape.lists["tasks"])
            comments.append(tasks.below("comments", tasks.shape.lists["comments"]))
            self._check_counts()
            task_ids = self._add_tasks(tasks, tasks.columns(self.observed))
        else:
            tasks = root
            task_ids = self._add_tasks(tasks, columns)
        self._add_comments(comments, task_ids)
        self._add_mentions(root, tasks, comments)
        self._add_roots(root, columns)
        return self._batches if not self.observed.unclean else []

    def _add(self, table: str, level: Level, columns: Columns) -> None:
        if level.rows:
            payloads = pa.array(level.payloads, pa.int32())
            keys = {name: key.take(payloads) for name, key in self._keys.items() if name not in columns}
            position = pa.array(level.positions, pa.int64())
            self._batches.append((table, batch_of(table, keys | {"position": position} | columns)))

    def _add_tasks(self, tasks: Level, columns: Columns) -> pa.Array:
        """Add tasks and what is below them; return the ids of the tasks."""
        set_aside_repeated([tasks], self.observed)
        complete = pa.array([row.sub_tasks is not None for row in tasks.rows], pa.bool_())
        more = {"assigned_to_user_id": self._assigned(tasks), "sub_tasks_complete": complete}
        self._add("tasks", tasks, columns | more)
        sub_tasks = tasks.below("sub_tasks", tasks.shape.lists["sub_tasks"])
        set_aside_repeated([sub_tasks], self.observed)
        task_id = columns["task_id"].take(pa.array(sub_tasks.parents, pa.int32()))
        found = sub_tasks.columns(self.observed) | {"task_id": task_id}
        self._add("sub_tasks", sub_tasks, found | _data_columns(sub_tasks.rows))
        for key, shape in sub_tasks.shape.all_lists.items():
            self._add_children(key, _children(sub_tasks, key, shape), found)
        _clear_data(sub_tasks.rows)
        return columns["task_id"]

    def _add_children(self, key: str, children: Level, parents: Columns) -> None:
        set_aside_repeated([children], self.observed)
        chosen = pa.array(children.parents, pa.int32())
        ids = {name: parents[name].take(chosen) for name in ("sub_task_id", "task_id")}
        self._add(key, children, children.columns(self.observed) | ids)

    def _add_comments(self, levels: Sequence[Level], task_ids: pa.Array) -> None:
        """Add the comments on the root, and those on the tasks of a milestone."""
        set_aside_repeated(levels, self.observed)
        for level in levels:
            is_of_milestone = self.kind == "milestone" and level is levels[0]
            chosen = pa.array(level.parents, pa.int32())
            task_id = pa.nulls(len(level.rows), pa.string()) if is_of_milestone else task_ids.take(chosen)
            self._add("comments", level, level.columns(self.observed) | {"task_id": task_id})

    def _add_mentions(self, root: Level, tasks: Level, comments: Sequence[Level]) -> None:
        """Add the users and organizations that the payloads mention."""
        assigned = [level for level in (root, tasks) if level is tasks or self.kind == "milestone"]
        assignees = [pair for level in assigned for pair in assigned_users(level.rows, level.payloads)]
        level = Level(shape=USER, rows=[user for _, user in assignees], payloads=[payload for payload, _ in assignees])
        level.columns(self.observed)
        authors = [
            (payload, position, row)
            for level in comments
            for payload, position, row in zip(level.payloads, level.positions, level.rows, strict=True)
            if row.commenter_id is not None
        ]
        self._add_listed("users", USER_COLUMNS, users(assignees, authors))
        self._add_listed("organizations", ORGANIZATION_COLUMNS, organizations(assignees))

    def _add_listed(self, table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        if rows:
            payloads, *columns = zip(*rows, strict=True)
            level = Level(shape=USER, rows=rows, payloads=payloads)
            self._add(
                table, level, dict(zip(names, (pa.array(values, pa.string()) for values in columns), strict=True))
            )

    def _add_roots(self, root: Level, columns: Columns) -> None:
        """Add milestones, snapshots, deliveries and drift, once all below the roots was seen."""
        assigned = {"assigned_to_user_id": self._assigned(root)}
        if self.observed.unclean:
            return
        newest = as_moments([f"{newest}Z" if newest else None for newest in self.observed.newest])
        hashes = [content_hash(self.kind, sorted_json(row)) for row in self.roots]
        constant = {"kind": self.kind, "is_rest": False, "tasks_complete": self.kind == "milestone"}
        made = {name: pa.repeat(value, len(hashes)) for name, value in constant.items()}
        columns = columns | made | {"watermark_at": newest, "content_hash": pa.array(hashes)}
        if self.kind == "milestone":
            self._add("milestones", root, columns | assigned)
        self._add("snapshots", root, columns)
        facts = {name: _column(name, [line.facts[name] for line in self.lines]) for name in FACTS}
        outcome = {"outcome": "loaded", "repair": "none"}
        made |= {name: pa.repeat(value, len(hashes)) for name, value in outcome.items()}
        self._add("deliveries", root, columns | made | facts)
        self._add_drift()

    def _add_drift(self) -> None:
        rows = []
        for payload, findings in self.observed.findings.items():
            facts = self.lines[payload].facts | {
                "kind": self.kind,
                "milestone_id": self._keys["milestone_id"][payload].as_py(),
            }
            rows += drift_rows(facts, findings)
        if rows:
            self._batches.append(("drift", pa.RecordBatch.from_pylist(rows, schema=history_schema("drift"))))

    def _assigned(self, level: Level) -> pa.Array:
        """The ids of the users that the entities are assigned to; an id alone is checked here."""
        ids = []
        for row in level.rows:
            user = row.assigned_to
            if user == "None":
                user = row.assigned_to = None
            ids.append(user.uuid if is_user(user) else user)
        column = as_ids(ids)
        if column is None:
            self.observed.unclean.update(
                level.payloads[index] for index, user_id in enumerate(ids) if not is_id(user_id)
            )
            return pa.nulls(len(ids), pa.string())
        return column

    def _check_counts(self) -> None:
        """Leave truncated payloads to the other path, and report a counter that differs from the tasks."""
        for payload, root in enumerate(self.roots):
            if root.task_count is not None and root.task_count != len(root.tasks):
                self.observed.unclean.add(payload)
            approved = root.approved_task_count
            if approved is not None and root.tasks:
                found = sum([task.status == "APPROVED" for task in root.tasks])
                if approved != found:
                    report_counter(self.observed.of(payload), approved, found)


def batch_of(table: str, columns: Columns) -> pa.RecordBatch:
    """The columns as rows of that table; a column that is missing is null."""
    schema = history_schema(table)
    size = len(columns["landing_id"])
    found = (columns.get(field.name) for field in schema)
    arrays = [pa.nulls(size, field.type) if one is None else one for field, one in zip(schema, found, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _column(name: str, values: Sequence[Any]) -> pa.Array:
    return pa.array(values, history_schema("deliveries").field(name).type)


def _data_columns(rows: Sequence[Any]) -> Columns:
    """The columns of the sub_tasks' `data` and of its lists."""
    data = [row.data for row in rows]
    columns = {
        "data": pa.array([_data_text(value) for value in data], pa.string()),
        "is_checked": pa.array([value if isinstance(value, bool) else None for value in data], pa.bool_()),
        "signers_complete": pa.array([row.signers is not None for row in rows], pa.bool_()),
    }
    for key in DATA_LISTS:
        # A boolean means that there are none.
        complete = [isinstance(value, bool) or isinstance(_listed(value, key), list) for value in data]
        columns[f"{key}_complete"] = pa.array(complete, pa.bool_())
    return columns


def _data_text(data: Any) -> str | None:
    if data is True or data is False:
        return "true" if data else "false"
    return None if data is NOT_SENT else sorted_json(data).decode()


def _listed(data: Any, key: str) -> Any:
    return getattr(data, key) if is_data(data) else None


def _children(sub_tasks: Level, key: str, shape: Shape) -> Level:
    if key not in DATA_LISTS:
        return sub_tasks.below(key, shape)
    lists = [_listed(row.data, key) for row in sub_tasks.rows]
    lists = [None if children is NOT_SENT else children for children in lists]
    return sub_tasks.below(key, shape, lists=lists, path=f"data.{key}", empty=NOT_SENT)


def _clear_data(rows: Sequence[Any]) -> None:
    """Clear null in the rows' `data`, as the meaning leaves it out."""
    for row in rows:
        if row.data is None:
            row.data = NOT_SENT
        elif is_data(row.data):
            for key in DATA_LISTS:
                if getattr(row.data, key) is None:
                    setattr(row.data, key, NOT_SENT)
