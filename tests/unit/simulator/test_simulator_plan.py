"""The delivery plan is complete, and late and repeated deliveries are marked as such."""

import ast
import json
import subprocess
import sys
from collections import Counter
from typing import Any

import pytest

from sighten_simulator.webhooks.delivery_plan import PlannedDelivery, PlanOptions, plan_deliveries, plan_sample
from sighten_simulator.world.dialects import as_strict_json
from sighten_simulator.world.lives import Simulation, build_simulation
from sighten_simulator.world.sample import sample_body, sample_payload

MILESTONES = 150


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(5, MILESTONES)


@pytest.fixture(scope="module")
def plan(simulation: Simulation) -> list[PlannedDelivery]:
    return plan_deliveries(simulation)


def _meaning(delivery: PlannedDelivery) -> dict[str, Any]:
    """The payload, with "None" for null in the keys where the sample's dialect does not distinguish them."""
    text = delivery.body.decode()
    if delivery.dialect == "sample":
        text = as_strict_json(text)
    payload = ast.literal_eval(text) if delivery.dialect == "python" else json.loads(text)
    again = json.dumps(payload).replace('"thread": null', '"thread": "None"')
    return dict(json.loads(again.replace('"instructions": null', '"instructions": "None"')))


def _updated(delivery: PlannedDelivery) -> str:
    return str(_meaning(delivery)["date_updated"])


def test_the_same_simulation_gives_the_same_plan(plan: list[PlannedDelivery]) -> None:
    again = plan_deliveries(build_simulation(5, MILESTONES))

    assert plan == again


def test_another_process_gives_the_same_bytes(plan: list[PlannedDelivery]) -> None:
    code = (
        "import sys; from sighten_simulator.world.lives import build_simulation; "
        "from sighten_simulator.webhooks.delivery_plan import plan_deliveries; "
        f"plan = plan_deliveries(build_simulation(5, {MILESTONES})); "
        "sys.stdout.buffer.write(b''.join(delivery.body for delivery in plan))"
    )

    process = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=60)

    assert b"".join(delivery.body for delivery in plan) == process.stdout


def test_every_snapshot_arrives_and_nothing_else(simulation: Simulation, plan: list[PlannedDelivery]) -> None:
    sent = Counter(life.milestone_id for life in simulation.lives for _ in life.snapshots)
    arrived = Counter(delivery.milestone_id for delivery in plan if delivery.role != "duplicate")

    assert sent == arrived
    updates = {(life.milestone_id, s.payload["date_updated"]) for life in simulation.lives for s in life.snapshots}
    assert updates == {(delivery.milestone_id, _updated(delivery)) for delivery in plan}


def test_each_milestone_has_about_two_and_a_half_deliveries(plan: list[PlannedDelivery]) -> None:
    assert 2.2 < len(plan) / MILESTONES < 3.2


def test_every_role_and_every_dialect_occurs(plan: list[PlannedDelivery]) -> None:
    assert {"first", "late", "duplicate"} == {delivery.role for delivery in plan}
    assert {"compact", "pretty", "sample", "python"} == {delivery.dialect for delivery in plan}


def test_a_late_delivery_is_older_than_one_before_it(plan: list[PlannedDelivery]) -> None:
    newest: dict[str, str] = {}
    for delivery in plan:
        before = newest.get(delivery.milestone_id, "")
        if delivery.role != "duplicate":
            assert (delivery.role == "late") is (_updated(delivery) < before)
        newest[delivery.milestone_id] = max(before, _updated(delivery))


def test_a_duplicate_has_the_meaning_of_one_before_it(plan: list[PlannedDelivery]) -> None:
    seen: dict[tuple[str, str], PlannedDelivery] = {}
    dialects = set()
    for delivery in plan:
        key = (delivery.milestone_id, _updated(delivery))
        if delivery.role == "duplicate":
            assert _meaning(seen[key]) == _meaning(delivery)
            assert (seen[key].dialect == delivery.dialect) is (seen[key].body == delivery.body)
            dialects.add(seen[key].dialect == delivery.dialect)
        else:
            seen[key] = delivery

    assert {True, False} == dialects


def test_deliveries_of_milestones_are_shuffled(plan: list[PlannedDelivery]) -> None:
    first_tenth = {delivery.milestone_id for delivery in plan[: len(plan) // 10]}

    assert len(first_tenth) > len(plan) // 20


def test_with_the_option_a_share_of_snapshots_never_arrives(
    simulation: Simulation, plan: list[PlannedDelivery]
) -> None:
    fewer = plan_deliveries(simulation, PlanOptions(dropped=0.5))

    assert len(plan) * 0.3 < len(fewer) < len(plan) * 0.7


def test_the_sample_is_sent_byte_for_byte_and_then_as_strict_json() -> None:
    original, strict = plan_sample()

    assert sample_body() == original.body
    assert sample_payload() == json.loads(strict.body)
    assert ("first", "duplicate") == (original.role, strict.role)
