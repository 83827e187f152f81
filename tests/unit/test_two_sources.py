"""A milestone that webhooks and REST both tell of: which of them each column is taken from."""

from datetime import UTC, datetime
from typing import Any

import duckdb
from backfilling import Backfilled, backfilling, site_of
from pydantic import SecretStr
from scripted_api import TOKEN, FakeClock

from factories import a_comment, a_document, a_milestone, a_sub_task, a_task, an_id
from sighten_simulator.api.app import SimulatorOptions
from sighten_simulator.running import running_simulator
from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse import open_warehouse
from sighten_warehouse.backfill.rest.step import plan_days, pull_days, status
from sighten_warehouse.enrich.due import due_quotes
from warehouses import Warehouse

BEFORE, AFTER = "2026-10-01T12:00:00Z", "2026-12-01T12:00:00Z"  # of the pull, on the first of November
Row = dict[str, Any]


def told_by_webhook(**changes: Any) -> Row:
    task = a_task("t", sub_tasks=[a_sub_task("s", documents=[a_document("d")], required=True)])
    said = a_comment("c", "Example Bot submitted milestone Construction & Signoff for approval.", BEFORE)
    return a_milestone("one", tasks=[task], description="do it", comments=[said]) | changes


def pull_one(there: Backfilled, **changes: Any) -> None:
    """REST tells of the milestone now, with what differs."""
    there.rest.has("one", told_by_webhook(**changes))
    there.pull()


def test_a_newer_webhook_wins_and_what_only_rest_has_stays(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        pull_one(there, status="SUBMITTED")
        there.deliver(told_by_webhook(at=AFTER, date_updated=AFTER, status="APPROVED"))
        warehouse.publish()

    assert ("APPROVED", "do it", 1, "CONSTRUCTION", an_id("contract")) == warehouse.row(
        "select status, description, task_count, alias, contract_id from milestones"
    )
    assert (1, an_id("task definition"), an_id("user Approver")) == warehouse.row(
        "select position, task_definition_id, approver_user_id from tasks"
    )
    assert [("rest_milestone", "superseded"), ("milestone", "applied")] == warehouse.rows(
        "select kind, outcome from ops.deliveries where watermark_at is not null order by received_at"
    )


def test_over_an_older_webhook_rest_tells_what_it_can_and_the_rest_stays(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        pull_one(there, status="APPROVED", date_updated=None)
        late, *_ = there.deliver(told_by_webhook(at=BEFORE, date_updated=BEFORE, status="SUBMITTED"))
        warehouse.publish()

    assert ("APPROVED", "do it", 1, "CONSTRUCTION", datetime(2026, 10, 1, 12)) == warehouse.row(
        "select status, description, task_count, alias, date_updated from milestones"
    )
    assert (1, "do t", an_id("user Approver")) == warehouse.row(
        "select position, description, approver_user_id from tasks"
    )
    assert ("INCM", "NOSTART", True, 1) == warehouse.row(
        "select status, document_status, required, position from sub_tasks"
    )
    assert ["d.pdf"] == warehouse.column("select name from documents")
    assert 1 == warehouse.value("select count(*) from comments")
    assert ("superseded", False) == warehouse.row(
        "select outcome, is_late from ops.deliveries where landing_id = ?", late
    )
    assert [] == warehouse.rows("from ops.checks where findings > 0")


def test_a_state_that_rest_tells_again_after_another_is_current_again(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        pull_one(there, status="SUBMITTED", date_updated=None)
        between = there.clock.now().isoformat()
        there.deliver(told_by_webhook(status="APPROVED", date_updated=between, comments=[], tasks=[]))
        there.rest.updated[site_of("one")] = "2018-06-01T00:00:00Z"
        there.pull(fresh_list=True)
        warehouse.publish()

    assert "SUBMITTED" == warehouse.value("select status from milestones")
    assert ["SUBMITTED", "APPROVED", "SUBMITTED"] == warehouse.column(
        "select status from history.milestone_intervals order by valid_from_at"
    )


def test_a_file_that_older_code_published_is_looked_back_into_by_its_own_macros(warehouse: Warehouse) -> None:
    warehouse.deliver(told_by_webhook(at=BEFORE, date_updated=BEFORE))
    file = warehouse.settings.layout.warehouse_file
    with duckdb.connect(str(file)) as connection:
        held = "select table_name, table_type from information_schema.tables where table_schema = 'history'"
        for name, kind in connection.execute(
            f"{held} and table_name ~ '(milestone|sub_task|task|document)_(states|intervals)'"
        ).fetchall():
            connection.execute(f"drop {kind.removeprefix('BASE ')} history.{name}")
        for name in ("milestones", "tasks", "sub_tasks", "documents"):
            told = f"select * exclude (alias) from history.{name}" if name == "milestones" else f"from history.{name}"
            connection.execute(f"create or replace macro {name}_as_of(ts) as table {told} where received_at > ts")

    with open_warehouse(file, pii="full") as opened, opened.as_of("2025-11-01") as then:
        told = then.arrow(
            "select milestones.status, tasks.name as task from milestones inner join tasks using (milestone_id)"
        )

        assert [{"status": "SUBMITTED", "task": "t"}] == told.to_pylist()
        assert "alias" not in then.frame("from milestones").columns


def test_an_approval_that_only_rest_tells_gets_the_date_it_tells_or_none(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("dated", a_milestone("dated", status="APPROVED", date_updated="2018-05-01T10:00:00Z"))
        there.rest.has("undated", a_milestone("undated", status="APPROVED", date_updated=None))
        there.rest.has("pending", a_milestone("pending", status="SUBMITTED", date_updated=None))
        there.pull()
        warehouse.publish()

    dated, undated, pending = (
        warehouse.row(
            "select state, is_open, strftime(approved_at, '%Y-%m-%d'), cycle_seconds, open_seconds"
            " from marts.approval_cycles where milestone_id = ?",
            an_id(f"milestone {key}"),
        )
        for key in ("dated", "undated", "pending")
    )
    assert ("approved", False, "2018-05-01", None, None) == dated
    assert ("approved", False, None, None, None) == undated
    assert ("pending", True, None, None, None) == pending
    assert [("unknown", None)] == warehouse.rows("select age_band, age_seconds from marts.pending_ageing")


def test_one_that_was_submitted_by_webhook_and_is_approved_by_rest_is_open_no_more(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.deliver(told_by_webhook(at=BEFORE, date_updated=BEFORE))
        pull_one(there, status="APPROVED", date_updated=None)
        warehouse.publish()

    assert ("approved", False, 1, None, None) == warehouse.row(
        "select state, is_open, submits, cycle_seconds, open_seconds from marts.approval_cycles"
    )
    assert [] == warehouse.rows("from marts.approval_times")


def test_a_state_told_by_rest_holds_from_when_it_was_asked_for(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.deliver(told_by_webhook(date_updated=BEFORE))
        pull_one(there, status="APPROVED", date_updated=BEFORE)
        there.rest.updated[site_of("one")] = "2018-06-01T00:00:00Z"
        there.pull(fresh_list=True)
        warehouse.publish()

    intervals = (
        "select status, strftime(valid_from_at, '%m-%d %H:%M'), description from history.milestone_intervals order by 2"
    )
    assert [("SUBMITTED", "10-01 12:00", "do it"), ("APPROVED", "11-01 13:01", "do it")] == warehouse.rows(intervals)
    assert [("SUBMITTED", "do it")] == warehouse.rows(
        "select status, description from milestones_as_of('2026-10-15'::timestamp)"
    )
    assert [("alias", None, "CONSTRUCTION"), ("status", "SUBMITTED", "APPROVED")] == warehouse.rows(
        "select field, old_value, new_value from ops.changes"
        " where entity = 'milestone' and field in ('alias', 'status') order by 1"
    )
    assert 3 == warehouse.value("select count(*) from history.milestones")


def test_history_before_the_webhook_was_switched_on_comes_in_and_webhooks_go_on_over_it(
    warehouse: Warehouse,
) -> None:
    switched_on = datetime(2025, 10, 1, tzinfo=UTC)
    simulation, clock = build_simulation(4, 24), FakeClock(switched_on)
    first, last = datetime(2018, 1, 1, tzinfo=UTC).date(), switched_on.date()
    with running_simulator(simulation, SimulatorOptions(now=switched_on)) as sighten:
        given = {"api_url": sighten.url, "api_token": SecretStr(TOKEN), "api_rate": 1e6}
        settings = warehouse.settings.model_copy(update=given)
        begun = [life.final for one in sighten.world.lives if (life := one.as_of(switched_on))]
        planned = sum(one.expected for one in plan_days(settings, first, last, clock=clock))

        result = pull_days(settings, first, last, clock=clock)

    warehouse.load()
    warehouse.publish()
    assert len({one["site"] for one in begun}) == planned == result.landed
    assert len(begun) == result.milestones == sum(one.milestones for one in status(settings))
    assert sorted((one["uuid"], one["status"]) for one in begun) == sorted(
        warehouse.rows("select milestone_id, status from milestones")
    )
    assert sum(len(one["tasks"]) for one in begun) == warehouse.value("select count(*) from tasks")
    assert sum(len(task["sub_tasks"]) for one in begun for task in one["tasks"]) == (
        warehouse.value("select count(*) from sub_tasks")
    )

    warehouse.clock = switched_on
    warehouse.deliver(*(one.body for one in plan_deliveries(simulation, PlanOptions(since=switched_on))))

    webhooks = {life.milestone_id: life.final["status"] for life in simulation.lives}
    silent = {one["uuid"]: one["status"] for one in begun}
    assert silent | webhooks == dict(warehouse.rows("select milestone_id, status from milestones"))
    assert len(begun) == warehouse.value("select count(*) from milestones where alias is not null")
    assert {"applied", "superseded", "duplicate"} >= set(
        warehouse.column("select distinct outcome from ops.deliveries")
    )


def test_what_a_backfill_brought_is_asked_about_after_what_webhooks_told(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        past, live = a_milestone("past"), a_milestone("live")
        there.rest.has("past", past)
        there.deliver(live)
        there.pull()

        due = due_quotes(there.settings, as_of=there.clock.now())

        assert [live["quote"], past["quote"]] == due
