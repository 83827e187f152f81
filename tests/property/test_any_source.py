"""Milestones from webhooks and REST, in any order and batches, against a replay on plain dictionaries."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.collect import land_answers
from sighten_warehouse.landing.api_request import ApiRequest
from support.factories import a_milestone, a_sub_task, a_task, a_task_delivery, an_id, as_json
from support.warehouses import Warehouse

STATUSES = ["APPROVED", "REJECTED", "SUBMITTED", None]
Row = dict[str, Any]


def a_webhook(chance: random.Random, key: str, at: datetime) -> Row:
    names = chance.sample("abc", k=chance.randint(0, 3))
    tasks = [
        a_task(f"{key} {name}", status=chance.choice(STATUSES), description=chance.choice(["x", "y", None]))
        | {
            "sub_tasks": [
                a_sub_task(f"{key} {name}", status=chance.choice(STATUSES), required=chance.choice([True, None]))
            ]
        }
        for name in names
    ]
    if names and chance.random() < 0.25:
        return a_task_delivery(f"{key} {names[0]}", milestone=key, at=at.isoformat(), status=chance.choice(STATUSES))
    values = {"status": chance.choice(STATUSES), "description": chance.choice(["x", None])}
    return a_milestone(key, tasks=tasks, date_updated=at.isoformat(), **values)


def a_pull(chance: random.Random, key: str) -> Row:
    tasks = [
        {
            "task": {
                "uuid": an_id(f"task {key} {name}"),
                "status": chance.choice(STATUSES),
                "approver_user": an_id(name),
            },
            "sub_tasks": [{"uuid": an_id(f"sub_task {key} {name}"), "status": chance.choice(STATUSES)}],
        }
        for name in chance.sample("abc", k=chance.randint(0, 3))
    ]
    milestone = {
        "uuid": an_id(f"milestone {key}"),
        "status": chance.choice(STATUSES),
        "alias": chance.choice(["A", "B", None]),
    }
    return {"workflow": {"uuid": an_id(f"workflow {key}")}, "milestone": milestone, "tasks": tasks}


class Replay:
    """The expected state of one milestone, fed in the order of watermarks."""

    def __init__(self) -> None:
        self.milestone: Row = {}
        self.tasks: dict[str, Row] = {}
        self.sub_tasks: dict[str, Row] = {}

    def webhook(self, payload: Row) -> None:
        if "tasks" not in payload:
            self._task(payload, is_rest=False)
            return
        values = {name: payload[name] for name in ("status", "description", "task_count")}
        self.milestone = {"alias": self.milestone.get("alias")} | values
        for task in payload["tasks"]:
            self._task(task, is_rest=False)
        self._keep(payload["tasks"])

    def pull(self, content: Row) -> None:
        values = {name: content["milestone"][name] for name in ("status", "alias")}
        self.milestone = {"status": None, "description": None, "task_count": None, "alias": None} | self.milestone
        self.milestone |= {name: value for name, value in values.items() if value is not None}
        for pulled in content["tasks"]:
            self._task(pulled["task"] | {"sub_tasks": pulled["sub_tasks"]}, is_rest=True)
        if content["tasks"]:
            self._keep([pulled["task"] for pulled in content["tasks"]])

    def _task(self, given: Row, *, is_rest: bool) -> None:
        key = given["uuid"]
        before = self.tasks.get(key, {"approver_user": None})
        known = before if is_rest else {"approver_user": before["approver_user"]}
        values = {
            name: given[name] for name in ("status", "description", "approver_user") if given.get(name) is not None
        }
        self.tasks[key] = {"status": None, "description": None} | known | values | {"is_there": True}
        for child in given["sub_tasks"]:
            values = {name: child[name] for name in ("status", "required") if child.get(name) is not None}
            known = self.sub_tasks.get(child["uuid"], {}) if is_rest else {}
            self.sub_tasks[child["uuid"]] = {"status": None, "required": None, "task": key} | known | values

    def _keep(self, listed: list[Row]) -> None:
        kept = {task["uuid"] for task in listed}
        for key, task in self.tasks.items():
            task["is_there"] = task["is_there"] and key in kept

    def rows(self, key: str) -> list[tuple[Any, ...]]:
        tasks = {uuid: task for uuid, task in self.tasks.items() if task["is_there"]}
        milestone = self.milestone
        return [
            *(
                [(key, *(milestone[name] for name in ("status", "description", "alias", "task_count")))]
                if milestone
                else []
            ),
            *((uuid, task["status"], task["description"], task["approver_user"]) for uuid, task in tasks.items()),
            *(
                (uuid, child["status"], child["required"])
                for uuid, child in self.sub_tasks.items()
                if child["task"] in tasks
            ),
        ]


def land(warehouse: Warehouse, at: datetime, body: Row) -> None:
    """Land a webhook, or an answer pulled at that time."""
    if "workflow" not in body:
        warehouse.land(body)
        return
    milestone_id = body["milestone"]["uuid"]
    request = ApiRequest(
        purpose="rest_milestone",
        target="/api/v1/milestone",
        status=200,
        milestone_id=milestone_id,
        asked_at=at.isoformat(),
    )
    answer = Answer("/", "/", 200, "application/json", as_json(body), warehouse.clock, None)
    land_answers(warehouse.settings.layout.landing, [(answer, request)])


def test_in_any_order_each_column_has_the_newest_value_that_exists(warehouse: Warehouse) -> None:
    chance = random.Random(5)
    deliveries, expected = [], []
    for number in range(120):
        key, replay = str(number), Replay()
        for hour in range(chance.randint(1, 6)):
            at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
            body = a_pull(chance, key) if chance.random() < 0.5 else a_webhook(chance, key, at)
            (replay.pull if "workflow" in body else replay.webhook)(body)
            deliveries.append((at, body))
        expected += replay.rows(an_id(f"milestone {key}"))
    chance.shuffle(deliveries)

    for number, (at, body) in enumerate(deliveries):
        land(warehouse, at, body)
        if number % 100 == 0:
            warehouse.load()
    warehouse.load()
    warehouse.publish()

    assert sorted(expected, key=repr) == sorted(rows_of(warehouse, "{}"), key=repr)
    assert sorted(expected, key=repr) == sorted(rows_of(warehouse, "{}_as_of('2099-01-01'::timestamp)"), key=repr)
    assert sorted(expected, key=repr) == sorted(
        rows_of(warehouse, "(from history.{}_intervals where valid_to_at is null)", plural=False), key=repr
    )
    assert [] == warehouse.rows("from ops.checks where findings > 0 and check_name like 'grain_of%'")
    assert len(deliveries) == warehouse.value("select count(*) from ops.deliveries")


def rows_of(warehouse: Warehouse, source: str, *, plural: bool = True) -> list[tuple[Any, ...]]:
    columns = {
        "milestone": "milestone_id, status, description, alias, task_count",
        "task": "task_id, status, description, approver_user_id",
        "sub_task": "sub_task_id, status, required",
    }
    return [
        row
        for entity, listed in columns.items()
        for row in warehouse.rows(f"select {listed} from {source.format(entity + 's' if plural else entity)}")
    ]
