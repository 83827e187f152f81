"""A milestone delivered by both webhooks and REST: the source of each column."""

from datetime import UTC, datetime
from typing import Any

import duckdb
from msgspec.structs import replace

from sighten_simulator.api.app import SimulatorOptions
from sighten_simulator.running import running_simulator
from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse import open_warehouse
from sighten_warehouse.backfill.rest.step import plan_days, pull_days, status
from sighten_warehouse.enrich.due import due_quotes
from sighten_warehouse.settings import Secret
from support.backfilling import Backfilled, backfilling, site_of
from support.factories import a_comment, a_document, a_milestone, a_sub_task, a_task, an_id
from support.scripted_api import TOKEN, FakeClock
from support.warehouses import Warehouse

BEFORE, AFTER = "2026-10-01T12:00:00Z", "2026-12-01T12:00:00Z"  # of the pull, on the first of November
Row = dict[str, Any]


def from_webhook(**changes: Any) -> Row:
    task = a_task("t", sub_tasks=[a_sub_task("s", documents=[a_document("d")], required=True)])
    comment = a_comment("c", "Example Bot submitted milestone Construction & Signoff for approval.", BEFORE)
    return a_milestone("one", tasks=[task], description="do it", comments=[comment]) | changes


def pull_milestone(there: Backfilled, **changes: Any) -> None:
    """Pull the milestone by REST with those changes."""
    there.rest.has("one", from_webhook(**changes))
    there.pull()


def test_a_newer_webhook_wins_and_what_only_rest_has_stays(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        pull_milestone(there, status="SUBMITTED")
        there.deliver(from_webhook(at=AFTER, date_updated=AFTER, status="APPROVED"))
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


def test_rest_overrides_an_older_webhook_where_it_has_values_and_the_others_stay(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        pull_milestone(there, status="APPROVED", date_updated=None)
        late, *_ = there.deliver(from_webhook(at=BEFORE, date_updated=BEFORE, status="SUBMITTED"))
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


def test_a_state_pulled_again_after_another_is_current_again(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        pull_milestone(there, status="SUBMITTED", date_updated=None)
        between = there.clock.now().isoformat()
        there.deliver(from_webhook(status="APPROVED", date_updated=between, comments=[], tasks=[]))
        there.rest.updated[site_of("one")] = "2018-06-01T00:00:00Z"
        there.pull(fresh_list=True)
        warehouse.publish()

    assert "SUBMITTED" == warehouse.value("select status from milestones")
    assert ["SUBMITTED", "APPROVED", "SUBMITTED"] == warehouse.column(
        "select status from history.milestone_intervals order by valid_from_at"
    )


def test_as_of_in_a_file_published_by_older_code_uses_its_own_macros(warehouse: Warehouse) -> None:
    warehouse.deliver(from_webhook(at=BEFORE, date_updated=BEFORE))
    file = warehouse.settings.layout.warehouse_file
    with duckdb.connect(str(file)) as connection:
        held = "select table_name, table_type from information_schema.tables where table_schema = 'history'"
        for name, kind in connection.execute(
            f"{held} and table_name ~ '(milestone|sub_task|task|document)_(states|intervals)'"
        ).fetchall():
            connection.execute(f"drop {kind.removeprefix('BASE ')} history.{name}")
        connection.execute("drop view marts.funnel")  # reads them, in place of which older code had a table
        for name in ("milestones", "tasks", "sub_tasks", "documents"):
            rows = f"select * exclude (alias) from history.{name}" if name == "milestones" else f"from history.{name}"
            connection.execute(f"create or replace macro {name}_as_of(ts) as table {rows} where received_at > ts")

    with open_warehouse(file, pii="full") as opened, opened.as_of("2025-11-01") as then:
        rows = then.arrow(
            "select milestones.status, tasks.name as task from milestones inner join tasks using (milestone_id)"
        )

        assert [{"status": "SUBMITTED", "task": "t"}] == rows.to_pylist()
        assert "alias" not in then.frame("from milestones").columns


def test_an_approval_known_from_rest_only_has_the_date_of_rest_or_none(warehouse: Warehouse) -> None:
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


def test_a_milestone_submitted_by_webhook_and_approved_by_rest_is_closed(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.deliver(from_webhook(at=BEFORE, date_updated=BEFORE))
        pull_milestone(there, status="APPROVED", date_updated=None)
        warehouse.publish()

    assert ("approved", False, 1, None, None) == warehouse.row(
        "select state, is_open, submits, cycle_seconds, open_seconds from marts.approval_cycles"
    )
    assert [] == warehouse.rows("from marts.approval_times_by_month")


def test_a_state_from_rest_holds_from_the_time_of_the_pull(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.deliver(from_webhook(date_updated=BEFORE))
        pull_milestone(there, status="APPROVED", date_updated=BEFORE)
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


def test_history_from_before_the_webhook_is_pulled_and_webhooks_continue_it(
    warehouse: Warehouse,
) -> None:
    switched_on = datetime(2025, 10, 1, tzinfo=UTC)
    simulation, clock = build_simulation(4, 24), FakeClock(switched_on)
    first, last = datetime(2018, 1, 1, tzinfo=UTC).date(), switched_on.date()
    with running_simulator(simulation, SimulatorOptions(now=switched_on)) as sighten:
        given = {"api_url": sighten.url, "api_token": Secret(TOKEN), "api_rate": 1e6}
        settings = replace(warehouse.settings, **given)
        begun = [now.final for life in sighten.world.lives if (now := life.as_of(switched_on))]
        planned = sum(day.expected for day in plan_days(settings, first, last, clock=clock))

        result = pull_days(settings, first, last, clock=clock)

    warehouse.load()
    warehouse.publish()
    assert len({milestone["site"] for milestone in begun}) == planned == result.landed
    assert len(begun) == result.milestones == sum(day.milestones for day in status(settings))
    assert sorted((milestone["uuid"], milestone["status"]) for milestone in begun) == sorted(
        warehouse.rows("select milestone_id, status from milestones")
    )
    assert sum(len(milestone["tasks"]) for milestone in begun) == warehouse.value("select count(*) from tasks")
    assert sum(len(task["sub_tasks"]) for milestone in begun for task in milestone["tasks"]) == (
        warehouse.value("select count(*) from sub_tasks")
    )

    warehouse.clock = switched_on
    warehouse.deliver(*(delivery.body for delivery in plan_deliveries(simulation, PlanOptions(since=switched_on))))

    webhooks = {life.milestone_id: life.final["status"] for life in simulation.lives}
    silent = {milestone["uuid"]: milestone["status"] for milestone in begun}
    assert silent | webhooks == dict(warehouse.rows("select milestone_id, status from milestones"))
    assert len(begun) == warehouse.value("select count(*) from milestones where alias is not null")
    assert {"applied", "superseded", "duplicate"} >= set(
        warehouse.column("select distinct outcome from ops.deliveries")
    )


def test_quotes_of_a_backfill_are_due_after_those_of_webhooks(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        past, live = a_milestone("past"), a_milestone("live")
        there.rest.has("past", past)
        there.deliver(live)
        there.pull()

        due = due_quotes(there.settings, as_of=there.clock.now())

        assert [live["quote"], past["quote"]] == due
