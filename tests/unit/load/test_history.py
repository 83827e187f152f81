"""History: intervals of validity, tables as of a time, and changes."""

from typing import Any

import duckdb
import pytest

from sighten_warehouse.models import DUCKDB_TYPES, macros, models
from support.factories import a_comment, a_document, a_milestone, a_sub_task, a_task, a_task_delivery, an_id
from support.warehouses import Warehouse

FIRST, SECOND, THIRD, FOURTH = (f"2025-03-0{day}T12:00:00Z" for day in range(1, 5))
TABLES = ("milestones", "tasks", "sub_tasks", "documents", "comments")
DAYS = "strftime(valid_from_at, '%d'), strftime(valid_to_at, '%d')"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A published warehouse without rows, for reading only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("empty"))
    warehouse.publish()
    return warehouse


def of_a_day(warehouse: Warehouse, table: str, day: int, columns: str = "name") -> list[tuple[Any, ...]]:
    return warehouse.rows(f"select {columns} from {table}_as_of(timestamp '2025-03-0{day} 18:00:00') order by all")


def test_an_interval_opens_only_when_something_changed(warehouse: Warehouse) -> None:
    same = {"date_updated": FIRST, "status": "SUBMITTED"}
    ids = warehouse.deliver(
        a_milestone(**same),
        a_milestone(**same, comments=[a_comment("c", "still waiting", SECOND)]),
        a_milestone(at=THIRD, status="APPROVED"),
    )

    assert [("SUBMITTED", "01", "03", ids[0]), ("APPROVED", "03", None, ids[2])] == warehouse.rows(
        f"select status, {DAYS}, landing_id from history.milestone_intervals order by valid_from_at"
    )
    assert [("01", None)] == warehouse.rows(f"select {DAYS} from history.task_intervals")
    assert [("01", None)] == warehouse.rows(f"select {DAYS} from history.sub_task_intervals")


def test_a_late_older_snapshot_splits_its_interval(warehouse: Warehouse) -> None:
    warehouse.land(a_milestone(at=FIRST, status="SUBMITTED"))
    warehouse.land(a_milestone(at=THIRD, status="APPROVED"))
    warehouse.load()

    warehouse.deliver(a_milestone(at=SECOND, status="REJECTED"))

    assert [("SUBMITTED", "01", "02"), ("REJECTED", "02", "03"), ("APPROVED", "03", None)] == warehouse.rows(
        f"select status, {DAYS} from history.milestone_intervals order by valid_from_at"
    )


def test_a_task_that_comes_back_has_no_interval_for_its_absence(warehouse: Warehouse) -> None:
    a, b = a_task("a"), a_task("b")

    warehouse.deliver(
        a_milestone(at=FIRST, tasks=[a, b]), a_milestone(at=SECOND, tasks=[a]), a_milestone(at=THIRD, tasks=[a, b])
    )

    assert [("a", "01", None), ("b", "01", "02"), ("b", "03", None)] == warehouse.rows(
        f"select name, {DAYS} from history.task_intervals order by name, valid_from_at"
    )
    assert [[("a",), ("b",)], [("a",)], [("a",), ("b",)]] == [of_a_day(warehouse, "tasks", day) for day in (1, 2, 3)]


def test_a_snapshot_that_does_not_list_all_its_tasks_ends_no_interval(warehouse: Warehouse) -> None:
    both, first = [a_task("a"), a_task("b")], [a_task("a")]

    warehouse.deliver(a_milestone(at=FIRST, tasks=both), a_milestone(at=SECOND, tasks=first, task_count=2))

    assert [("a", "01", None), ("b", "01", None)] == warehouse.rows(
        f"select name, {DAYS} from history.task_intervals order by name"
    )


def test_a_sub_task_disappears_and_returns_with_its_task(warehouse: Warehouse) -> None:
    without_list = a_task("t") | {"sub_tasks": None}
    ids = warehouse.deliver(
        a_milestone(at=FIRST, tasks=[a_task("t", sub_tasks=[a_sub_task("s", documents=[a_document("d")])])]),
        a_milestone(at=SECOND, tasks=[]),
        a_milestone(at=THIRD, tasks=[without_list]),
    )

    assert [("01", "02", ids[0]), ("03", None, ids[2])] == warehouse.rows(
        f"select {DAYS}, landing_id from history.sub_task_intervals order by valid_from_at"
    )
    assert [1, 0, 1] == [len(of_a_day(warehouse, "sub_tasks", day, "label")) for day in (1, 2, 3)]
    assert [1, 0, 1] == [len(of_a_day(warehouse, "documents", day)) for day in (1, 2, 3)]


def test_a_task_shaped_delivery_opens_an_interval_of_that_task_alone(warehouse: Warehouse) -> None:
    whole = a_milestone(at=FIRST, tasks=[a_task("a"), a_task("b")])

    warehouse.deliver(whole, a_task_delivery("a", at=SECOND, status="APPROVED"))

    assert [("a", "INPROG"), ("a", "APPROVED"), ("b", "INPROG")] == warehouse.rows(
        "select name, status from history.task_intervals order by name, valid_from_at"
    )
    assert [("a", "APPROVED"), ("b", "INPROG")] == of_a_day(warehouse, "tasks", 2, "name, status")


def test_a_task_that_moves_is_a_change_of_its_milestone_and_of_its_sub_tasks(warehouse: Warehouse) -> None:
    ids = warehouse.deliver(
        a_milestone("one", at=FIRST, tasks=[a_task("t")]), a_milestone("two", at=SECOND, tasks=[a_task("t")])
    )

    old, new = an_id("milestone one"), an_id("milestone two")
    assert [
        ("sub_task", an_id("sub_task t"), "milestone_id", old, new, ids[1]),
        ("task", an_id("task t"), "milestone_id", old, new, ids[1]),
    ] == warehouse.rows(
        "select entity, entity_id, field, old_value, new_value, landing_id from ops.changes order by entity"
    )
    assert [(old,)] == of_a_day(warehouse, "tasks", 1, "milestone_id")


def test_a_change_has_the_old_and_the_new_value_and_appearing_is_no_change(warehouse: Warehouse) -> None:
    before = a_milestone(at=FIRST, tasks=[a_task("t", status="INPROG")])
    after = a_milestone(at=SECOND, tasks=[a_task("t", status="APPROVED"), a_task("new")], description=None)

    ids = warehouse.deliver(before, after, before)

    assert [
        ("milestone", "date_updated", "2025-03-01 12:00:00", "2025-03-02 12:00:00"),
        ("milestone", "description", "", None),
        ("milestone", "task_count", "1", "2"),
        ("task", "status", "INPROG", "APPROVED"),
    ] == warehouse.rows("select entity, field, old_value, new_value from ops.changes order by all")
    assert {(ids[1], "2025-03-02 12:00:00")} == set(
        warehouse.rows("select landing_id, cast(watermark_at as varchar) from ops.changes")
    )


def test_every_column_of_an_interval_is_a_field_that_can_change() -> None:
    changes = models()["ops.changes"]
    some = {"text": "'some'", "integer": "1", "boolean": "true", "timestamp": "timestamp '2025-03-01'", "json": "'[]'"}
    some["texts"] = "['1']"
    some["timestamps"] = "[timestamp '2025-01-01']"
    with duckdb.connect() as connection:
        connection.execute(macros("duckdb"))
        connection.execute("create schema history")
        for name in changes.inputs:
            entity, columns = name.removeprefix("history.").removesuffix("_intervals"), models()[name].columns
            nothing = {column.name: f"cast(null as {DUCKDB_TYPES[column.type]})" for column in columns}
            nothing |= {f"{entity}_id": "'the same'"}
            all_of_it = {column.name: some[column.type] for column in columns} | {f"{entity}_id": "'the same'"}
            connection.execute(f"create table {name} as select {', '.join(f'{v} as {k}' for k, v in nothing.items())}")
            connection.execute(f"insert into {name} values ({', '.join(all_of_it.values())})")

        listed = connection.execute(f"select entity, field from ({changes.select})").fetchall()

    not_fields = {"landing_id", "landing_ids", "watermarks", "valid_from_at", "valid_to_at", "received_at"}
    for entity in ("milestone", "task", "sub_task"):
        columns = {column.name for column in models()[f"history.{entity}_intervals"].columns}
        assert columns - not_fields - {f"{entity}_id"} == {field for changed, field in listed if changed == entity}


def test_as_of_tables_have_the_current_columns_that_history_has(empty: Warehouse) -> None:
    for table in TABLES:
        kept = {column.name for column in models()[f"history.{table}"].columns}
        columns = [row[0] for row in empty.rows(f"describe from {table}_as_of(timestamp '2025-03-01')")]
        assert [column.name for column in models()[f"main.{table}"].columns if column.name in kept] == columns


def test_views_have_the_types_that_are_described(empty: Warehouse) -> None:
    types = {
        (table, column): kind.lower()
        for table, column, kind in empty.rows(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() where not internal"
        )
    }

    views = [model for model in models().values() if model.is_view]
    assert {"history.task_states", "history.quote_intervals"} < {model.full_name for model in views}
    for model in views:
        for column in model.columns:
            assert DUCKDB_TYPES[column.type] == types[model.full_name, column.name]


def test_comments_as_of_a_time_are_those_written_by_then_also_if_delivered_later(
    warehouse: Warehouse,
) -> None:
    log = [a_comment("one", "submitted", FIRST), a_comment("two", "approved", THIRD)]

    warehouse.deliver(a_milestone(at=FOURTH, comments=log))

    assert [("submitted",)] == of_a_day(warehouse, "comments", 2, "comment")
    assert [("approved",), ("submitted",)] == of_a_day(warehouse, "comments", 3, "comment")
    assert [] == of_a_day(warehouse, "milestones", 3)


def test_a_state_without_a_time_holds_since_ever(warehouse: Warehouse) -> None:
    undated = a_comment("c", "undated", FIRST) | {"timestamp": None}

    warehouse.deliver(a_milestone(at=None, status="SUBMITTED", comments=[undated]), a_milestone(at=SECOND))
    long_ago = "(timestamp '1970-01-01')"

    assert "SUBMITTED" == warehouse.value(f"select status from milestones_as_of{long_ago}")
    assert "undated" == warehouse.value(f"select comment from comments_as_of{long_ago}")
    assert [(None, "02"), ("02", None)] == warehouse.rows(
        f"select {DAYS} from history.milestone_intervals order by valid_from_at nulls first"
    )


def test_the_macros_are_described(empty: Warehouse) -> None:
    found = dict(
        empty.rows("select function_name, comment from duckdb_functions() where function_name like '%s_as_of'")
    )

    assert {f"{table}_as_of" for table in (*TABLES, "quotes")} == set(found)
    assert all(found.values())
