"""Random deliveries that contradict each other, what the oracle expects of them, and what a warehouse holds."""

import json
import random
from typing import Any

from support.factories import a_comment, a_document, a_milestone, a_sub_task, a_task, a_task_delivery
from support.oracle import Current
from support.warehouses import Warehouse

# The last one has a wrong clock, and is used as it is.
TIMES = [*(f"2025-03-0{day}T12:00:00Z" for day in range(1, 6)), "2098-01-01T00:00:00Z"]


NOT_COMPARED = (
    "batch_id",
    "landing_file",
    "line_number",
    "loaded_at",
    "published_at",
    "to_publish",
    "age_seconds",
    "age_band",
    "open_seconds",
    "waiting_seconds",
    "version",
)


def a_world(chance: random.Random, name: str, *, max_deliveries: int = 6) -> list[dict[str, Any]]:
    """Deliveries that share a few ids, so that entities appear, disappear, move and contradict each other."""

    def some(kind: str, max_count: int) -> list[str]:
        return [f"{name} {kind} {number}" for number in sorted(chance.sample(range(3), chance.randint(0, max_count)))]

    def sub_task(key: str) -> dict[str, Any]:
        documents = [a_document(key, name=chance.choice("xy")) for key in some("document", 2)]
        made = a_sub_task(key, documents=documents, status=chance.choice(["INCM", "COMP"]))
        return made | chance.choice([{}, {}, {}, {"data": None}, {"data": False}, {"data": {"envelopes": []}}])

    def task(key: str) -> dict[str, Any]:
        made = a_task(
            key,
            sub_tasks=[sub_task(child) for child in some("sub_task", 2)],
            status=chance.choice(["INPROG", "APPROVED"]),
        )
        return made | chance.choice([{}, {}, {}, {"sub_tasks": None}])

    def comments() -> list[dict[str, Any]]:
        return [a_comment(key, chance.choice(["first", "second"]), chance.choice(TIMES)) for key in some("comment", 2)]

    def delivery() -> dict[str, Any]:
        milestone, at = f"{name} {chance.choice('ab')}", chance.choice([*TIMES, None])
        if chance.random() < 0.25:
            key = f"{name} task {chance.randrange(3)}"
            made = a_task_delivery(key, milestone=milestone) | task(key)
            return made | {"date_updated": at, "comments": comments()}
        tasks = [task(key) for key in some("task", 3)]
        made = a_milestone(
            milestone, at=at, tasks=tasks, comments=comments(), status=chance.choice(["SUBMITTED", "APPROVED"])
        )
        return made | chance.choice([{}, {}, {}, {}, {"task_count": 9}, {"tasks": None}])

    deliveries: list[dict[str, Any]] = []
    for _ in range(chance.randint(1, max_deliveries)):
        only_the_log_grew = deliveries and chance.random() < 0.15
        deliveries.append(chance.choice(deliveries) | {"comments": comments()} if only_the_log_grew else delivery())
    return chance.sample(deliveries * 2, k=min(len(deliveries) + 2, len(deliveries) * 2))


def in_some_dialect(chance: random.Random, payload: dict[str, Any]) -> bytes:
    keys = chance.sample(list(payload), len(payload))
    shuffled = {key: payload[key] for key in keys}
    return chance.choice(
        [
            lambda: json.dumps(shuffled),
            lambda: json.dumps(shuffled, indent=2),
            lambda: repr(shuffled),
            lambda: json.dumps(shuffled).replace("false", "False").replace("true", "True"),
        ]
    )().encode()


def found(warehouse: Warehouse) -> dict[str, Any]:
    return {
        "milestones": dict(warehouse.rows("select milestone_id, status from milestones")),
        "tasks": {key: rest for key, *rest in warehouse.rows("select task_id, milestone_id, status from tasks")},
        "sub_tasks": {key: rest for key, *rest in warehouse.rows("select sub_task_id, task_id, status from sub_tasks")},
        "documents": {
            key: rest for key, *rest in warehouse.rows("select document_id, sub_task_id, name from documents")
        },
        "comments": dict(warehouse.rows("select comment_id, comment from comments")),
    }


def expected(current: Current) -> dict[str, Any]:
    return {
        "milestones": {key: row["status"] for key, row in current.milestones.items()},
        "tasks": {key: [task.parent, task.values["status"]] for key, task in current.present_tasks().items()},
        "sub_tasks": {
            key: [child.parent, child.values["status"]] for key, child in current.present_sub_tasks().items()
        },
        "documents": {key: [child.parent, child.values["name"]] for key, child in current.present_documents().items()},
        "comments": {key: comment["comment"] for key, comment in current.comments.items()},
    }


def all_rows(warehouse: Warehouse) -> dict[str, list[tuple[Any, ...]]]:
    tables = warehouse.rows("""
        select table_schema || '.' || table_name from information_schema.tables
        where table_schema <> 'masked' and table_name not in ('batches', 'versions', 'latency', 'pseudonyms')
    """)
    return {
        name: sorted(warehouse.rows(f"select {_compared(warehouse, name)} from {name}"), key=repr) for (name,) in tables
    }


def _compared(warehouse: Warehouse, name: str) -> str:
    columns = [row[0] for row in warehouse.rows(f"describe {name}")]
    return ", ".join(f'"{column}"' for column in columns if not column.endswith(NOT_COMPARED))
