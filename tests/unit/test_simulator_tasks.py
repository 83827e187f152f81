"""Task-shaped webhooks: they agree with the milestone, with the API, and with what the warehouse makes of all."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from asgi_calls import ask
from sighten_simulator.api.app import Conduct, build_sighten
from sighten_simulator.webhooks.body import Sent
from sighten_simulator.webhooks.delivery_plan import Mixture, plan_lives
from sighten_simulator.webhooks.other_bodies import other_bodies
from sighten_simulator.webhooks.task_bodies import task_bodies
from sighten_simulator.world.chance import written
from sighten_simulator.world.lives import Life, Simulation, lives
from sighten_warehouse.payload.kinds import kind_of
from warehouses import Warehouse

SEED, MILESTONES = 4, 150


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return lives(SEED, MILESTONES)


def _sent(simulation: Simulation, **how: Any) -> Iterator[tuple[Life, Sent]]:
    for life in simulation.lives:
        for sent in task_bodies(life, seed=SEED, **how):
            yield life, sent


def test_a_task_body_has_the_root_keys_of_2021_and_is_of_the_kind_task(simulation: Simulation) -> None:
    for life, sent in _sent(simulation):
        assert {"milestone", "task_definition", "milestone_definition", "quote", "site", "date_updated",
                "assigned_to", "status", "sub_tasks"} <= set(sent.payload)  # fmt: skip
        assert "task" == kind_of(sent.payload) == sent.kind
        assert (life.milestone_id, life.site.quote_id) == (sent.payload["milestone"], sent.payload["quote"])


def test_a_task_body_says_what_the_milestone_said_last_of_that_task(simulation: Simulation) -> None:
    for life, sent in _sent(simulation):
        updated = datetime.fromisoformat(sent.payload["date_updated"])
        payload = [state.payload for state in life.states if state.since <= updated][-1]
        (task,) = [task for task in payload["tasks"] if task["uuid"] == sent.payload["uuid"]]

        assert task == {key: sent.payload[key] for key in task}


def test_a_change_order_names_the_quote_that_the_api_then_calls_signed(simulation: Simulation) -> None:
    sighten = build_sighten(simulation, Conduct(), storage_url="")
    orders = [(life, sent.payload) for life, sent in _sent(simulation) if "new_quote" in sent.payload]

    answers = []
    for _, payload in orders:
        sighten.world.move_to(datetime.fromisoformat(payload["date_updated"]))
        answer = ask(sighten.api, "/api/data/workflow/", metrics="s_quote_id", quote_id=payload["quote"]).json()
        answers.append(answer["data"][0]["s_quote_id"])

    assert 3 < len(orders)
    assert [payload["new_quote"] for _, payload in orders] == answers
    assert not {payload["new_quote"] for _, payload in orders} & {payload["quote"] for _, payload in orders}


def test_change_orders_may_disagree_with_the_api(simulation: Simulation) -> None:
    known = {quote_id for site in simulation.sites for quote_id in site.quote_ids}

    orders = [sent.payload["new_quote"] for _, sent in _sent(simulation, disagreeing=1) if "new_quote" in sent.payload]

    assert orders
    assert not known & set(orders)


def test_other_bodies_are_stage_transitions_and_unknown_kinds(simulation: Simulation) -> None:
    sent = [one for life in simulation.lives for one in other_bodies(life, seed=SEED, share=0.5)]

    assert {"stage_transition", "unknown"} == {kind_of(one.payload) for one in sent}
    assert all(kind_of(one.payload) == one.kind for one in sent)
    stage = next(one.payload for one in sent if one.kind == "stage_transition")
    assert {"stage_id", "stage_name", "previous_stage_id", "previous_stage_name", "site_id",
            "site_owned_by_organization"} == set(stage)  # fmt: skip
    assert 0.4 < len(sent) / sum(len(life.snapshots) for life in simulation.lives) < 0.6


def test_a_plan_has_them_only_when_asked_for_and_the_milestones_come_as_before(simulation: Simulation) -> None:
    without, mixed = plan_lives(simulation), plan_lives(simulation, Mixture(tasks=True, others=0.2))

    assert {"milestone"} == {one.kind for one in without}
    assert {"milestone", "task", "stage_transition", "unknown"} == {one.kind for one in mixed}
    assert without == [one for one in mixed if one.kind == "milestone"]
    assert {"first", "late", "duplicate"} == {one.role for one in mixed if one.kind == "task"}


def test_the_warehouse_ends_where_the_lives_end(tmp_path: Path) -> None:
    simulation = lives(SEED, 40)
    warehouse = Warehouse(tmp_path)
    warehouse.deliver(*(one.body for one in plan_lives(simulation, Mixture(tasks=True, others=0.2))))

    told = {task["uuid"]: task["status"] for life in simulation.lives for task in life.final["tasks"]}

    assert told == dict(warehouse.rows("select task_id, status from tasks"))
    assert {"stage_transition", "unknown"} == set(
        warehouse.column("select distinct kind from ops.deliveries where outcome = 'ignored'")
    )
    assert 0 == warehouse.value("select count(*) from ops.quarantine")


def test_only_what_is_sent_between_two_times_is_in_the_plan_in_the_order_of_their_times(
    simulation: Simulation,
) -> None:
    since, until = datetime(2025, 6, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    mixture = Mixture(since=since, until=until, shuffled=False, late=0, duplicates=0)

    updates = [_update(one.body) for one in plan_lives(simulation, mixture) if one.dialect in ("compact", "pretty")]

    assert 20 < len(updates)
    assert sorted(updates) == updates
    assert written(since) < updates[0] < updates[-1] < written(until)


def _update(body: bytes) -> str:
    return str(json.loads(body)["date_updated"])
