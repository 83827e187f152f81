"""A bad value costs its cell, a bad child itself, an unreadable body only itself."""

import gzip
import json
from typing import Any

import pytest

from support.factories import SAMPLE_BYTES, a_comment, a_document, a_milestone, a_sub_task, a_task, an_id
from support.warehouses import Warehouse

UPPER = an_id("milestone one").upper()
UNREADABLE = {
    "empty": b"",
    "blank": b" \n ",
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "half": SAMPLE_BYTES[:2000],
    "array": b'[{"uuid": 1}]',
    "scalar": b"17",
    "null": b"null",
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "deep object": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "form": b"payload=%7B%7D",
    "not utf-8": b'{"uuid": "\xff\xfe\xfa"}',
    "no uuid": json.dumps(a_milestone() | {"uuid": None}).encode(),
    "unfit uuid": json.dumps(a_milestone() | {"uuid": "1; drop table milestones"}).encode(),
    "path as uuid": json.dumps(a_milestone() | {"uuid": "../../etc/passwd"}).encode(),
    "number as uuid": json.dumps(a_milestone() | {"uuid": 17}).encode(),
}


@pytest.fixture(scope="module")
def after_all(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, dict[str, str]]:
    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    ids = warehouse.land(*UNREADABLE.values(), SAMPLE_BYTES)
    warehouse.load()
    warehouse.publish()
    return warehouse, dict(zip(UNREADABLE, ids, strict=False))


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_body_that_cannot_be_read_is_quarantined_whole(
    after_all: tuple[Warehouse, dict[str, str]], name: str
) -> None:
    warehouse, ids = after_all

    reason, place, expected = warehouse.row(
        "select reason, place, expected from ops.quarantine where landing_id = ?", ids[name]
    )

    assert all((reason, place, expected))


def test_a_delivery_between_unreadable_ones_is_loaded(after_all: tuple[Warehouse, dict[str, str]]) -> None:
    warehouse, _ = after_all

    assert ["Construction & Signoff"] == warehouse.column("select name from milestones")
    assert len(UNREADABLE) + 1 == warehouse.value("select count(*) from ops.deliveries")


def test_kinds_without_tables_are_kept_and_counted(warehouse: Warehouse) -> None:
    warehouse.deliver({"stage_id": "x", "site_id": "y"}, {}, {"proposal": {"uuid": "x"}})

    assert [("ignored", "stage_transition"), ("ignored", "unknown"), ("ignored", "unknown")] == warehouse.rows(
        "select outcome, kind from ops.deliveries order by landing_id"
    )


def test_other_encodings_and_compressed_bodies_are_read(warehouse: Warehouse) -> None:
    encoded = [SAMPLE_BYTES.decode().encode("utf-16"), b"\xef\xbb\xbf" + SAMPLE_BYTES]
    ids = warehouse.take_in(*encoded)
    ids += warehouse.deliver(gzip.compress(SAMPLE_BYTES), headers={"Content-Encoding": "gzip"})

    tasks = "select landing_id, count(*) from history.tasks group by landing_id"
    assert dict.fromkeys(ids, 2) == dict(warehouse.rows(tasks))
    assert ["applied", "duplicate", "duplicate"] == warehouse.column(
        "select outcome from ops.deliveries order by landing_id"
    )


UNFIT = {
    "date_updated": (
        "date_updated",
        ["no date", 17, "2025-13-45T00:00:00Z", True, {}, "0000-00-00", "9999-12-31T23:59:59-12:00"],
    ),
    "task_count": ("task_count", ["two", True, 1.5, 2**70, [], 1e400]),
    "ready_to_submit": ("ready_to_submit", ["yes", 1, "true", {}]),
    "site": ("site_id", ["not a uuid", 17, "'; drop table tasks; --", {}]),
    "name": ("name", [17, False, ["x"], {"a": 1}]),
    "status": ("status", [0, {}]),
}


CASES = [(key, column, value) for key, (column, values) in UNFIT.items() for value in values]


@pytest.fixture(scope="module")
def unfit(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One milestone for each case, named by its description."""
    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    bodies = [a_milestone(repr(case), description=repr(case)) | {case[0]: case[2]} for case in CASES]
    warehouse.deliver(*(json.dumps(body).replace("Infinity", "1e400").encode() for body in bodies))
    return warehouse


@pytest.mark.parametrize("case", CASES, ids=repr)
def test_an_unfit_value_costs_its_cell_and_is_rescued_exactly(unfit: Warehouse, case: tuple[str, str, Any]) -> None:
    key, column, value = case

    cell, rescued = unfit.row(f"select {column}, _rescued from milestones where description = ?", repr(case))

    assert cell is None
    assert {key: value} == json.loads(rescued)


def test_every_unfit_value_is_counted(unfit: Warehouse) -> None:
    counted = dict(unfit.rows("select path, deliveries from ops.drift where drift = 'unfit_value'"))

    assert {key: len(values) for key, (_, values) in UNFIT.items()} == counted


def test_the_text_none_is_null_where_null_is_possible_and_text_elsewhere(warehouse: Warehouse) -> None:
    task = a_task("None", description="None", assigned_to="None", task_definition="None")
    comment = a_comment("c", "None", "2025-03-01T12:00:00Z", last_updated="None")

    warehouse.deliver(a_milestone(name="None", description="None", quote="None", tasks=[task], comments=[comment]))

    assert ("None", None, None, None) == warehouse.row("select name, description, quote_id, _rescued from milestones")
    assert ("None", None, None, None) == warehouse.row(
        "select name, description, assigned_to_user_id, task_definition_id from tasks"
    )
    assert ("None", None, None) == warehouse.row("select comment, thread, last_updated from comments")
    assert "None" == warehouse.value("select label from sub_tasks")


def test_a_uuid_is_read_in_any_spelling(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone(uuid=UPPER, site="{" + UPPER + "}", quote=UPPER.replace("-", "")))

    assert (an_id("milestone one"),) * 3 == warehouse.row("select milestone_id, site_id, quote_id from milestones")


CHILDREN = [None, "text", 17, [], {}, {"uuid": "no uuid", "name": "x"}]


def described(child: Any) -> str:
    return f"with {child!r}"


@pytest.fixture(scope="module")
def without_child(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """One milestone for each bad child, named by its description: first whole, then with the child as second task."""
    warehouse = Warehouse(tmp_path_factory.mktemp("home"))
    whole, spoilt = [], []
    for child in map(described, CHILDREN):
        tasks = [a_task(f"a {child}"), a_task(f"b {child}")]
        whole.append(a_milestone(child, at="2025-03-01T12:00:00Z", tasks=tasks))
        approved = tasks[0] | {"status": "APPROVED"}
        spoilt.append(a_milestone(child, at="2025-03-02T12:00:00Z", description=child, tasks=[approved]))
    warehouse.take_in(*whole)
    warehouse.deliver(
        *(
            body | {"tasks": [*body["tasks"], child], "task_count": 2}
            for body, child in zip(spoilt, CHILDREN, strict=True)
        )
    )
    return warehouse


@pytest.mark.parametrize("child", CHILDREN, ids=repr)
def test_an_unreadable_child_costs_itself_only_and_its_last_good_state_stays(
    without_child: Warehouse, child: Any
) -> None:
    milestone_id, rescued = without_child.row(
        "select milestone_id, _rescued from milestones where description = ?", described(child)
    )

    tasks = without_child.rows("select name, status from tasks where milestone_id = ? order by name", milestone_id)
    assert [(f"a {described(child)}", "APPROVED"), (f"b {described(child)}", "INPROG")] == tasks
    assert [{"position": 2, "value": child}] == json.loads(rescued)["tasks"]


def test_every_unreadable_child_is_counted(without_child: Warehouse) -> None:
    counted = without_child.value(
        "select sum(deliveries) from ops.drift where drift = 'unreadable_child' and path = 'tasks[]'"
    )

    assert len(CHILDREN) == counted


def test_data_of_any_shape_is_kept(warehouse: Warehouse) -> None:
    shapes: dict[str, tuple[Any, bool | None]] = {
        "a true one": (True, True),
        "b false one": (False, False),
        "c none": (None, None),
        "d text": ("text", None),
        "e number": (17, None),
        "f list": ([1, {"a": None}], None),
        "g object": ({"signature": {"x": 1.10}}, None),
    }
    sub_tasks = [a_sub_task(label) | {"data": data} for label, (data, _) in shapes.items()]

    warehouse.deliver(a_milestone(tasks=[a_task("t", sub_tasks=sub_tasks)]))

    kept = warehouse.rows("select label, data, is_checked from sub_tasks order by label")
    assert [(label, *columns) for label, columns in shapes.items()] == [
        (label, json.loads(data), is_checked) for label, data, is_checked in kept
    ]


def test_unknown_fields_are_rescued_and_reported_at_every_level(warehouse: Warehouse) -> None:
    document = a_document("d", pages=3)
    sub_task = a_sub_task("s", documents=[document], colour="red")
    task = a_task("t", sub_tasks=[sub_task], priority=1)

    warehouse.deliver(a_milestone(tasks=[task], exact=12345678901234567890123))

    assert '{"exact":12345678901234567890123}' == warehouse.value("select _rescued from milestones")
    assert '{"priority":1}' == warehouse.value("select _rescued from tasks")
    assert '{"colour":"red"}' == warehouse.value("select _rescued from sub_tasks")
    assert '{"pages":3}' == warehouse.value("select _rescued from documents")
    assert {
        ("exact", "12345678901234567890123"),
        ("tasks[].priority", "1"),
        ("tasks[].sub_tasks[].colour", '"red"'),
        ("tasks[].sub_tasks[].data.documents[].pages", "3"),
    } == set(warehouse.rows("select path, example from ops.drift where drift = 'unknown_field'"))


def test_unknown_codes_load_and_are_reported(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone(status="PONDERED"))

    assert "PONDERED" == warehouse.value("select status from milestones")
    assert ('"PONDERED"', 1) == warehouse.row("select example, deliveries from ops.drift where path = 'status'")


def test_text_of_every_kind_is_kept_unchanged(warehouse: Warehouse) -> None:
    text = "'; drop table milestones; -- True None \x00 \u2028 \U0001f600 ../../x {{ jinja }} %s $1"

    warehouse.deliver(a_milestone(name=text))

    assert text == warehouse.value("select name from milestones")


def test_a_lone_surrogate_costs_its_cell(warehouse: Warehouse) -> None:
    warehouse.deliver(json.dumps(a_milestone(name="x\ud800y")).encode())

    assert (None, '{"name":"x\\\\ud800y"}') == warehouse.row("select name, _rescued from milestones")


def test_a_lone_surrogate_in_a_key_costs_nothing_else(warehouse: Warehouse) -> None:
    warehouse.deliver(json.dumps(a_milestone() | {"x\ud800y": 1}).encode())

    assert '{"x\\\\ud800y":1}' == warehouse.value("select _rescued from milestones")
    assert "x\\ud800y" == warehouse.value("select path from ops.drift")


def test_a_repeated_key_has_its_last_value(warehouse: Warehouse) -> None:
    warehouse.deliver(json.dumps(a_milestone()).replace("{", '{"status": "EARLIER", ', 1).encode())

    assert "SUBMITTED" == warehouse.value("select status from milestones")


def test_a_milestone_of_20000_documents_loads(warehouse: Warehouse) -> None:
    documents = [a_document(str(number)) for number in range(40)]
    tasks = [
        a_task(str(task), sub_tasks=[a_sub_task(f"{task}", documents=_renamed(documents, task))]) for task in range(500)
    ]

    warehouse.deliver(a_milestone(tasks=tasks))

    assert (500, 20_000) == warehouse.row("select (select count(*) from tasks), (select count(*) from documents)")


def _renamed(documents: list[dict[str, Any]], task: int) -> list[dict[str, Any]]:
    return [document | {"uuid": an_id(f"{task} {document['name']}")} for document in documents]
