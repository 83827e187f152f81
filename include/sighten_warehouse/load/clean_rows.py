"""The rows of history of clean payloads of one kind, made level by level from decoded structs."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

import pyarrow as pa

from sighten_warehouse.load.delivery import drift_rows
from sighten_warehouse.load.history_files import Columns, batch_of, history_schema
from sighten_warehouse.load.mentions import assigned_users, organizations, users
from sighten_warehouse.payload.conform import Row, report_counter
from sighten_warehouse.payload.fit import UNFIT, fit_uuid
from sighten_warehouse.payload.levels import Level, Observed, as_ids, as_moments, set_aside_repeated
from sighten_warehouse.payload.meaning import content_hash
from sighten_warehouse.payload.shapes import DATA_LISTS, MILESTONE, TASK_ROOT, USER
from sighten_warehouse.payload.structs import NOT_SENT, is_data, is_user, sorted_json

USER_COLUMNS = ("user_id", "email", "first_name", "last_name", "organization_id")
ORGANIZATION_COLUMNS = ("organization_id", "name")
FACTS = ("batch_id", "landing_file", "line_number", "source", "body_sha256", "body_bytes")
Batches = list[tuple[str, pa.RecordBatch]]  # table of history → rows


class CleanRows:
    """Some payloads of one kind while they are flattened, level by level."""

    def __init__(self, kind: str, roots: Sequence[Any], *, facts: Sequence[Row]) -> None:
        self.observed = Observed([""] * len(roots))
        self._kind = kind
        self._roots = roots
        self._facts = facts
        self._batches: Batches = []
        self._keys = {name: _column(name, [row[name] for row in facts]) for name in ("landing_id", "received_at")}

    def batches(self) -> Batches:
        """The rows of every history table, by table; they count if no payload was found unclean."""
        shape = MILESTONE if self._kind == "milestone" else TASK_ROOT
        root = Level(
            shape=shape, rows=self._roots, payloads=range(len(self._roots)), positions=[None] * len(self._roots)
        )
        columns = root.columns(self.observed)
        self._keys["milestone_id"] = columns["milestone_id"]
        tasks = root if self._kind == "task" else root.below("tasks", root.shape.lists["tasks"])
        assignees = self._assignees([tasks] if tasks is root else [root, tasks])
        comments = [root.below("comments", root.shape.lists["comments"])]
        if tasks is not root:
            comments.append(tasks.below("comments", tasks.shape.lists["comments"]))
            self._check_counts()
        task_ids = self._add_tasks(tasks, columns if tasks is root else tasks.columns(self.observed))
        self._add_comments(comments, task_ids)
        self._add_mentions(assignees, comments)
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
        lists = {key: _lists([row.data for row in sub_tasks.rows], key) for key in DATA_LISTS}
        self._add("sub_tasks", sub_tasks, found | _data_columns(sub_tasks.rows, lists))
        self._add_children("signers", sub_tasks.below("signers", sub_tasks.shape.lists["signers"]), found)
        for key, shape in DATA_LISTS.items():
            below = sub_tasks.below(key, shape, lists=lists[key], path=f"data.{key}", empty=NOT_SENT)
            self._add_children(key, below, found)
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
            is_of_milestone = self._kind == "milestone" and level is levels[0]
            chosen = pa.array(level.parents, pa.int32())
            task_id = pa.nulls(len(level.rows), pa.string()) if is_of_milestone else task_ids.take(chosen)
            self._add("comments", level, level.columns(self.observed) | {"task_id": task_id})

    def _assignees(self, levels: Sequence[Level]) -> list[tuple[int, Any]]:
        """The users that the entities are assigned to, with their payloads."""
        assignees = [pair for level in levels for pair in assigned_users(level.rows, level.payloads)]
        level = Level(shape=USER, rows=[user for _, user in assignees], payloads=[payload for payload, _ in assignees])
        level.columns(self.observed)
        return assignees

    def _add_mentions(self, assignees: Sequence[tuple[int, Any]], comments: Sequence[Level]) -> None:
        """Add the users and organizations that the payloads mention."""
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
        hashes = [content_hash(self._kind, sorted_json(self._meant(row))) for row in self._roots]
        constant = {"kind": self._kind, "is_rest": False, "tasks_complete": self._kind == "milestone"}
        made = {name: pa.repeat(value, len(hashes)) for name, value in constant.items()}
        columns = columns | made | {"watermark_at": newest, "content_hash": pa.array(hashes)}
        if self._kind == "milestone":
            self._add("milestones", root, columns | assigned)
        self._add("snapshots", root, columns)
        facts = {name: _column(name, [row[name] for row in self._facts]) for name in FACTS}
        outcome = {"outcome": "loaded", "repair": "none"}
        made |= {name: pa.repeat(value, len(hashes)) for name, value in outcome.items()}
        self._add("deliveries", root, columns | made | facts)
        self._add_drift()

    def _meant(self, root: Any) -> Any:
        if self._kind == "milestone" and not root.comments:
            root.comments = None  # an empty list means as little as none, since no comment is ever removed
        return root

    def _add_drift(self) -> None:
        rows = []
        for payload, findings in self.observed.findings.items():
            facts = self._facts[payload] | {
                "kind": self._kind,
                "milestone_id": self._keys["milestone_id"][payload].as_py(),
            }
            rows += drift_rows(facts, findings)
        if rows:
            self._batches.append(("drift", pa.RecordBatch.from_pylist(rows, schema=history_schema("drift"))))

    def _assigned(self, level: Level) -> pa.Array:
        """The ids of the users that the entities are assigned to; an id alone is checked here."""
        for row, payload in zip(level.rows, level.payloads, strict=True):
            if isinstance(row.assigned_to, str):
                fit = None if row.assigned_to == "None" else fit_uuid(row.assigned_to)
                if fit is UNFIT:
                    self.observed.unclean.add(payload)
                row.assigned_to = None if fit is UNFIT else fit
        ids = [row.assigned_to.uuid if is_user(row.assigned_to) else row.assigned_to for row in level.rows]
        return as_ids(ids)

    def _check_counts(self) -> None:
        """Leave truncated payloads to the other path, and report a counter that differs from the tasks."""
        for payload, root in enumerate(self._roots):
            if root.task_count is not None and root.task_count != len(root.tasks):
                self.observed.unclean.add(payload)
            approved = root.approved_task_count
            if approved is not None and root.tasks:
                found = sum([task.status == "APPROVED" for task in root.tasks])
                if approved != found:
                    report_counter(self.observed.of(payload), approved, found)


def _column(name: str, values: Sequence[Any]) -> pa.Array:
    return pa.array(values, history_schema("deliveries").field(name).type)


def _data_columns(rows: Sequence[Any], lists: Mapping[str, Sequence[Any]]) -> Columns:
    """The columns of the sub_tasks' `data`, and whether the lists of children are complete."""
    data = [row.data for row in rows]
    complete = {key: [children is not None and children is not NOT_SENT for children in lists[key]] for key in lists}
    columns = {
        "data": pa.array([_data_text(value) for value in data], pa.string()),
        "is_checked": pa.array([value if isinstance(value, bool) else None for value in data], pa.bool_()),
        "signers_complete": pa.array([row.signers is not None for row in rows], pa.bool_()),
    }
    return columns | {f"{key}_complete": pa.array(values, pa.bool_()) for key, values in complete.items()}


def _data_text(data: Any) -> str | None:
    if data is True or data is False:
        return "true" if data else "false"
    return None if data is NOT_SENT else sorted_json(data).decode()


def _lists(data: Sequence[Any], key: str) -> list[Any]:
    """The children under that key of each sub_task's `data`; a boolean means that there are none."""
    children = attrgetter(key)
    return [() if value is True or value is False else children(value) if is_data(value) else None for value in data]


def _clear_data(rows: Sequence[Any]) -> None:
    """Clear null in the rows' `data`, as the meaning leaves it out."""
    for row in rows:
        if row.data is None:
            row.data = NOT_SENT
        elif is_data(row.data):
            for key in DATA_LISTS:
                if getattr(row.data, key) is None:
                    setattr(row.data, key, NOT_SENT)
