"""Task-shaped webhooks agree with the milestone, the API and the loaded warehouse."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sighten_simulator.api.app import SimulatorOptions, build_sighten
from sighten_simulator.webhooks.body import WebhookBody
from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries
from sighten_simulator.webhooks.other_bodies import other_bodies
from sighten_simulator.webhooks.task_bodies import task_bodies
from sighten_simulator.world.lives import Life, Simulation, build_simulation
from sighten_simulator.world.timestamps import format_time
from sighten_warehouse.payload.kinds import kind_of
from support.asgi_calls import ask
from support.warehouses import Warehouse

SEED, MILESTONES = 4, 150


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(SEED, MILESTONES)


def _task_bodies(simulation: Simulation, **options: Any) -> Iterator[tuple[Life, WebhookBody]]:
    for life in simulation.lives:
        for body in task_bodies(life, seed=SEED, **options):
            yield life, body


def test_a_task_body_has_the_root_keys_of_2021_and_the_kind_task(simulation: Simulation) -> None:
    for life, body in _task_bodies(simulation):
        assert {"milestone", "task_definition", "milestone_definition", "quote", "site", "date_updated",
                "assigned_to", "status", "sub_tasks"} <= set(body.payload)  # fmt: skip
        assert "task" == kind_of(body.payload) == body.kind
        assert (life.milestone_id, life.site.quote_id) == (body.payload["milestone"], body.payload["quote"])


def test_a_task_body_equals_the_task_in_the_milestone_at_that_time(simulation: Simulation) -> None:
    for life, body in _task_bodies(simulation):
        updated = datetime.fromisoformat(body.payload["date_updated"])
        payload = [state.payload for state in life.states if state.since <= updated][-1]
        (task,) = [task for task in payload["tasks"] if task["uuid"] == body.payload["uuid"]]

        assert task == {key: body.payload[key] for key in task}


def test_a_change_order_names_the_quote_that_the_api_then_gives_as_signed(simulation: Simulation) -> None:
    sighten = build_sighten(simulation, SimulatorOptions(), storage_url="")
    orders = [(life, body.payload) for life, body in _task_bodies(simulation) if "new_quote" in body.payload]

    signed = []
    for _, payload in orders:
        sighten.world.move_to(datetime.fromisoformat(payload["date_updated"]))
        body = ask(sighten.api, "/api/data/workflow/", metrics="s_quote_id", quote_id=payload["quote"]).json()
        signed.append(body["data"][0]["s_quote_id"])

    assert 3 < len(orders)
    assert [payload["new_quote"] for _, payload in orders] == signed
    assert not {payload["new_quote"] for _, payload in orders} & {payload["quote"] for _, payload in orders}


def test_change_orders_may_disagree_with_the_api(simulation: Simulation) -> None:
    known = {quote_id for site in simulation.sites for quote_id in site.quote_ids}

    orders = [
        body.payload["new_quote"] for _, body in _task_bodies(simulation, disagreeing=1) if "new_quote" in body.payload
    ]

    assert orders
    assert not known & set(orders)


def test_other_bodies_are_stage_transitions_and_unknown_kinds(simulation: Simulation) -> None:
    bodies = [body for life in simulation.lives for body in other_bodies(life, seed=SEED, share=0.5)]

    assert {"stage_transition", "unknown"} == {kind_of(body.payload) for body in bodies}
    assert all(kind_of(body.payload) == body.kind for body in bodies)
    stage = next(body.payload for body in bodies if body.kind == "stage_transition")
    assert {"stage_id", "stage_name", "previous_stage_id", "previous_stage_name", "site_id",
            "site_owned_by_organization"} == set(stage)  # fmt: skip
    assert 0.4 < len(bodies) / sum(len(life.snapshots) for life in simulation.lives) < 0.6


def test_a_plan_has_them_only_with_the_options_and_its_milestones_stay_the_same(simulation: Simulation) -> None:
    without, mixed = plan_deliveries(simulation), plan_deliveries(simulation, PlanOptions(tasks=True, others=0.2))

    assert {"milestone"} == {delivery.kind for delivery in without}
    assert {"milestone", "task", "stage_transition", "unknown"} == {delivery.kind for delivery in mixed}
    assert without == [delivery for delivery in mixed if delivery.kind == "milestone"]
    assert {"first", "late", "duplicate"} == {delivery.role for delivery in mixed if delivery.kind == "task"}


def test_the_warehouse_has_the_final_state_of_the_lives(tmp_path: Path) -> None:
    simulation = build_simulation(SEED, 40)
    warehouse = Warehouse(tmp_path)
    plan = plan_deliveries(simulation, PlanOptions(tasks=True, others=0.2))
    warehouse.deliver(*(delivery.body for delivery in plan))

    expected = {task["uuid"]: task["status"] for life in simulation.lives for task in life.final["tasks"]}

    assert expected == dict(warehouse.rows("select task_id, status from tasks"))
    assert {"stage_transition", "unknown"} == set(
        warehouse.column("select distinct kind from ops.deliveries where outcome = 'ignored'")
    )
    assert 0 == warehouse.value("select count(*) from ops.quarantine")


def test_a_plan_may_be_limited_to_two_times_and_ordered_by_time(
    simulation: Simulation,
) -> None:
    since, until = datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    options = PlanOptions(since=since, until=until, shuffled=False, late=0, duplicates=0)

    plan = plan_deliveries(simulation, options)
    updates = [_update(delivery.body) for delivery in plan if delivery.dialect in ("compact", "pretty")]

    assert 20 < len(updates)
    assert sorted(updates) == updates
    assert format_time(since) < updates[0] < updates[-1] < format_time(until)


def _update(body: bytes) -> str:
    return str(json.loads(body)["date_updated"])
