"""The current state does not depend on the order in which snapshots arrive."""

from typing import Any

import pytest

from support.factories import a_comment, a_document, a_milestone, a_sub_task, a_task, a_task_delivery, an_id
from support.warehouses import Warehouse

EARLY, LATER, LATEST = "2025-03-01T12:00:00Z", "2025-03-02T12:00:00Z", "2025-03-03T12:00:00Z"


def outcomes(warehouse: Warehouse, ids: list[str]) -> list[str]:
    found = dict(warehouse.rows("select landing_id, outcome from ops.deliveries"))
    return [found[landing_id] for landing_id in ids]


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_late_older_snapshot_changes_nothing_current(warehouse: Warehouse, *, newest_first: bool) -> None:
    bodies = [a_milestone(at=EARLY, status="SUBMITTED"), a_milestone(at=LATER, status="APPROVED")]

    first, second = reversed(bodies) if newest_first else bodies
    warehouse.take_in(first)
    warehouse.deliver(second)

    assert "APPROVED" == warehouse.value("select status from milestones")
    assert 2 == warehouse.value("select count(*) from history.milestones")
    assert newest_first == warehouse.value("select bool_or(is_late) from ops.deliveries")


def test_a_newer_comment_makes_a_snapshot_newer_than_its_date_updated(warehouse: Warehouse) -> None:
    signed = a_milestone(at=EARLY, status="APPROVED", comments=[a_comment("c", "signed", LATEST)])
    edited = a_milestone(at=LATER, status="SUBMITTED")

    warehouse.deliver(signed, edited)

    assert "APPROVED" == warehouse.value("select status from milestones")


def test_the_last_received_of_two_snapshots_with_equal_watermarks_is_current(warehouse: Warehouse) -> None:
    first, second = a_milestone(status="SUBMITTED"), a_milestone(status="REJECTED")

    ids = warehouse.deliver(first, second)

    assert "REJECTED" == warehouse.value("select status from milestones")
    assert ["superseded", "applied"] == outcomes(warehouse, ids)


def test_a_state_that_is_delivered_again_after_another_of_equal_watermark_is_current_again(
    warehouse: Warehouse,
) -> None:
    first, second = a_milestone(status="SUBMITTED"), a_milestone(status="REJECTED")

    ids = warehouse.deliver(first, second, first)

    assert "SUBMITTED" == warehouse.value("select status from milestones")
    assert ["applied", "superseded", "duplicate"] == outcomes(warehouse, ids)


def test_a_snapshot_without_timestamps_is_older_than_every_other(warehouse: Warehouse) -> None:
    dated, undated = a_milestone(at=EARLY, status="APPROVED"), a_milestone(at=None, status="SUBMITTED", tasks=[])

    warehouse.take_in(dated)
    warehouse.deliver(undated)

    assert "APPROVED" == warehouse.value("select status from milestones")


def test_a_duplicate_counts_once_and_keeps_the_first_landing_id(warehouse: Warehouse) -> None:
    body = a_milestone()

    ids = warehouse.take_in(body, dict(reversed(body.items())))
    ids += warehouse.deliver(body)

    assert ["applied", "duplicate", "duplicate"] == outcomes(warehouse, ids)
    assert ids[0] == warehouse.value("select landing_id from milestones")


def test_a_task_that_a_newer_snapshot_lacks_is_removed_from_current_and_stays_in_history(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone(at=LATER, tasks=[a_task("kept")]))
    warehouse.deliver(a_milestone(at=EARLY, tasks=[a_task("kept"), a_task("dropped")]))

    assert ["kept"] == warehouse.column("select name from tasks")
    assert ["kept"] == warehouse.column("select label from sub_tasks")
    assert {"kept", "dropped"} == set(warehouse.column("select name from history.tasks"))


def test_a_removed_task_can_come_back(warehouse: Warehouse) -> None:
    both, first = [a_task("a"), a_task("b")], [a_task("a")]

    warehouse.deliver(
        a_milestone(at=EARLY, tasks=both), a_milestone(at=LATER, tasks=first), a_milestone(at=LATEST, tasks=both)
    )

    assert ["a", "b"] == warehouse.column("select name from tasks order by name")


def test_a_snapshot_that_does_not_list_all_its_tasks_removes_none(warehouse: Warehouse) -> None:
    incomplete: list[dict[str, Any]] = [{"task_count": 2}, *({"tasks": tasks} for tasks in (None, "None", {}, [{}]))]
    tasks = {repr(changes): [a_task(f"{name} {changes}") for name in "ab"] for changes in incomplete}
    whole = [a_milestone(key, at=EARLY, tasks=both) for key, both in tasks.items()]
    later = [{"tasks": [tasks[repr(changes)][0] | {"status": "APPROVED"}]} | changes for changes in incomplete]

    warehouse.take_in(*whole)
    warehouse.deliver(*(a_milestone(key, at=LATER, **changes) for key, changes in zip(tasks, later, strict=True)))

    expected = sorted((an_id(f"milestone {key}"), task["name"]) for key, both in tasks.items() for task in both)
    assert expected == warehouse.rows("select milestone_id, name from tasks order by all")


def test_a_truncated_snapshot_removes_nothing_below_its_tasks_either(warehouse: Warehouse) -> None:
    documents = [a_document("a"), a_document("b")]
    whole = a_task("t", sub_tasks=[a_sub_task("one", documents=documents), a_sub_task("two", documents=documents[:0])])
    cut = a_task("t", sub_tasks=[a_sub_task("one", documents=documents[:1], status="COMP")])
    warehouse.take_in(a_milestone(at=EARLY, tasks=[whole]))

    warehouse.deliver(a_milestone(at=LATER, tasks=[cut], task_count=2))

    assert [("one", "COMP"), ("two", "INCM")] == warehouse.rows("select label, status from sub_tasks order by label")
    assert ["a.pdf", "b.pdf"] == sorted(warehouse.column("select name from documents"))


def test_a_snapshot_without_a_key_for_its_tasks_removes_none(warehouse: Warehouse) -> None:
    without = a_milestone(at=LATER, task_count=1)
    del without["tasks"]

    warehouse.deliver(a_milestone(at=EARLY), without)

    assert 1 == warehouse.value("select count(*) from tasks")


def test_an_empty_list_of_tasks_means_that_there_are_none(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone(at=EARLY), a_milestone(at=LATER, tasks=[]))

    assert [] == warehouse.rows("from tasks")
    assert [] == warehouse.rows("from sub_tasks")


def test_documents_follow_their_sub_task(warehouse: Warehouse) -> None:
    def with_documents(at: str, documents: list[Any]) -> dict[str, Any]:
        return a_milestone(at=at, tasks=[a_task("t", sub_tasks=[a_sub_task("s", documents=documents)])])

    warehouse.take_in(with_documents(EARLY, [a_document("old"), a_document("kept")]))
    warehouse.deliver(with_documents(LATER, [a_document("kept"), a_document("new")]))

    assert ["kept.pdf", "new.pdf"] == warehouse.column("select name from documents order by name")


def test_a_sub_task_without_data_keeps_the_documents_known_before(warehouse: Warehouse) -> None:
    known = a_task("t", sub_tasks=[a_sub_task("s", documents=[a_document("d")])])
    unknown = a_task("t", sub_tasks=[a_sub_task("s", documents=[]) | {"data": None}])

    warehouse.deliver(a_milestone(at=EARLY, tasks=[known]), a_milestone(at=LATER, tasks=[unknown]))

    assert ["d.pdf"] == warehouse.column("select name from documents")


def test_a_document_that_moves_belongs_to_its_new_sub_task_only(warehouse: Warehouse) -> None:
    def holding(at: str, first: list[Any], second: list[Any]) -> dict[str, Any]:
        sub_tasks = [a_sub_task("first", documents=first), a_sub_task("second", documents=second)]
        return a_milestone(at=at, tasks=[a_task("t", sub_tasks=sub_tasks)])

    warehouse.deliver(holding(EARLY, [a_document("d")], []), holding(LATER, [], [a_document("d")]))

    assert [an_id("sub_task second")] == warehouse.column("select sub_task_id from documents")


def test_a_task_that_moves_belongs_to_its_new_milestone_only(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone("one", at=EARLY, tasks=[a_task("t")]))
    warehouse.deliver(a_milestone("two", at=LATER, tasks=[a_task("t")]))

    assert [(an_id("milestone two"),)] == warehouse.rows("select milestone_id from tasks")


def test_comments_are_never_removed_and_the_newest_text_wins(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone(at=LATER, comments=[a_comment("b", "second, corrected", EARLY)]))
    warehouse.deliver(a_milestone(at=EARLY, comments=[a_comment("a", "first", EARLY), a_comment("b", "second", EARLY)]))

    assert ["first", "second, corrected"] == warehouse.column("select comment from comments order by comment")


def test_a_task_shaped_delivery_updates_that_task_and_removes_no_sibling(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone(at=EARLY, tasks=[a_task("a"), a_task("b")]))

    ids = warehouse.deliver(a_task_delivery("a", at=LATER, status="APPROVED", new_quote=an_id("quote two")))

    assert [("a", "APPROVED"), ("b", "INPROG")] == warehouse.rows("select name, status from tasks order by name")
    assert ["applied"] == outcomes(warehouse, ids)
    assert an_id("quote two") == warehouse.value("select new_quote_id from history.snapshots where kind = 'task'")


def test_a_task_whose_milestone_was_never_seen_still_loads(warehouse: Warehouse) -> None:
    warehouse.deliver(a_task_delivery("a", milestone="unseen", comments=[a_comment("c", "done", EARLY)]))

    assert (an_id("milestone unseen"), an_id("task definition")) == warehouse.row(
        "select milestone_id, task_definition_id from tasks"
    )
    assert 1 == warehouse.value("select count(*) from sub_tasks")
    assert an_id("task a") == warehouse.value("select task_id from comments")
    assert [] == warehouse.rows("from milestones")


def test_an_older_task_shaped_delivery_changes_nothing_current(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone(at=LATER, tasks=[a_task("a", status="APPROVED")]))

    ids = warehouse.deliver(a_task_delivery("a", at=EARLY, status="INPROG"))

    assert "APPROVED" == warehouse.value("select status from tasks")
    assert ["superseded"] == outcomes(warehouse, ids)


def test_the_last_of_two_entities_with_one_id_in_a_snapshot_counts(warehouse: Warehouse) -> None:
    twice = [a_task("a", status="INPROG"), a_task("b"), a_task("a", status="APPROVED", sub_tasks=[])]

    warehouse.deliver(a_milestone(tasks=twice))

    assert [("a", "APPROVED", 3), ("b", "INPROG", 2)] == warehouse.rows(
        "select name, status, position from tasks order by name"
    )
    assert ["b"] == warehouse.column("select label from sub_tasks")
    assert 1 == warehouse.value("select count(*) from ops.drift where drift = 'repeated_id' and path = 'task_id'")


def test_a_value_that_only_the_other_shape_has_stays_and_is_no_change(warehouse: Warehouse) -> None:
    warehouse.take_in(a_milestone("one", at=EARLY, tasks=[a_task("s"), a_task("t")]))
    warehouse.take_in(a_task_delivery("t", at=LATER))
    warehouse.deliver(a_milestone("one", at=LATEST, tasks=[a_task("s"), a_task("t")]))

    known = (2, an_id("task definition"))
    where = f"task_id = '{an_id('task t')}'"
    assert known == warehouse.row(f"select position, task_definition_id from tasks where {where}")
    assert known == warehouse.row(f"select position, task_definition_id from tasks_as_of('2099-01-01') where {where}")
    assert [(2, None), known] == warehouse.rows(
        f"select position, task_definition_id from history.task_intervals where {where} order by valid_from_at"
    )
    assert [("task_definition_id",)] == warehouse.rows("select field from ops.changes where entity = 'task'")
