"""Reconcile: compares changes with deliveries, pulls what is missing, and counts the coverage."""

import threading
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from sighten_simulator.running import running_simulator
from sighten_simulator.world.codes import IN_PROGRESS
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.backfill.rest.stopping import StoppedError
from sighten_warehouse.cli.main import commands
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.reconcile.step import ReconcileResult, reconcile
from sighten_warehouse.settings import Secret
from support.backfilling import RETRY_POLICY, Backfilled, backfilling, site_of
from support.command_output import messages
from support.factories import SAMPLE_BYTES, a_milestone, an_id
from support.scripted_api import TOKEN, Response, json_response
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

EARLIER, LATER = "2026-10-28T10:00:00Z", "2026-10-30T10:00:00Z"
RECONCILED = "select * from ops.reconciled order by all"
COVERAGE = "select changed_date, changed, delivered, missing, pulled, coverage from ops.coverage order by all"


@pytest.fixture
def backfilled(warehouse: Warehouse) -> Iterator[Backfilled]:
    with backfilling(warehouse) as backfilled:
        yield backfilled


def reconciled(backfilled: Backfilled, **options: Any) -> ReconcileResult:
    """Reconcile, and load what was landed."""
    result = reconcile(backfilled.settings, clock=backfilled.clock, retry_policy=RETRY_POLICY, **options)
    backfilled.warehouse.load()
    return result


def has_two_sites_of_which_one_was_not_delivered(backfilled: Backfilled) -> None:
    delivered, lost = a_milestone("delivered", at=LATER), a_milestone("lost", at=LATER)
    backfilled.rest.has("delivered", delivered, updated=LATER)
    backfilled.rest.has("lost", lost, updated=LATER)
    backfilled.deliver(delivered)


def test_undelivered_changes_are_pulled_and_coverage_counts_them_also_after_a_rebuild(
    warehouse: Warehouse, backfilled: Backfilled
) -> None:
    has_two_sites_of_which_one_was_not_delivered(backfilled)

    result = reconciled(backfilled)
    warehouse.publish()
    before_a_rebuild = warehouse.rows(RECONCILED)
    rebuild(warehouse.settings)

    assert ReconcileResult(date(2026, 10, 25), sites=2, changed=2, delivered=1, pulled=1) == result
    assert 0.5 == result.coverage
    assert {an_id("milestone delivered"), an_id("milestone lost")} == set(
        warehouse.column("select milestone_id from milestones")
    )
    assert [(date(2026, 10, 30), 2, 1, 1, 1, 0.5)] == warehouse.rows(COVERAGE)
    assert {"changed": 2, "delivered": 1, "missing": 1, "pulled": 1, "same_status": 0} == read_status(
        warehouse.settings
    ).coverage
    assert before_a_rebuild == warehouse.rows(RECONCILED)


def test_a_compared_site_is_not_requested_again_until_it_changes(backfilled: Backfilled) -> None:
    has_two_sites_of_which_one_was_not_delivered(backfilled)
    reconciled(backfilled)
    calls_before = len(backfilled.api.targets)

    again = reconciled(backfilled)
    requested_again = backfilled.requests(calls_before)
    backfilled.rest.updated[site_of("delivered")] = "2026-11-01T14:00:00Z"
    backfilled.clock.sleep(6 * 3600)
    after_a_change = reconciled(backfilled)

    assert (0, 2, 1, 0) == (again.sites, again.changed, again.delivered, again.pulled)
    assert [] == requested_again
    assert ["ops_workflow", "milestone"] == backfilled.requests(calls_before)
    assert 1 == after_a_change.sites


def test_a_lost_webhook_is_found_although_its_site_had_a_newer_one(
    warehouse: Warehouse, backfilled: Backfilled
) -> None:
    lost = a_milestone("lost", at=EARLIER) | {"site": site_of("one")}
    delivered = a_milestone("one", at=LATER)
    backfilled.rest.has("one", lost, delivered, updated=LATER)
    backfilled.deliver(a_milestone("first of all", at="2026-10-01T00:00:00Z"), delivered)

    reconciled(backfilled)
    warehouse.publish()

    assert [(date(2026, 10, 28), 1, 0, 1, 1, 0.0), (date(2026, 10, 30), 1, 1, 0, 0, 1.0)] == warehouse.rows(COVERAGE)


def test_a_late_webhook_counts_once_it_is_loaded(backfilled: Backfilled) -> None:
    has_two_sites_of_which_one_was_not_delivered(backfilled)
    reconciled(backfilled)

    backfilled.deliver(a_milestone("lost", at=LATER))
    result = reconciled(backfilled)

    assert (0, 2, 2, 1.0) == (result.sites, result.changed, result.delivered, result.coverage)


def test_a_site_that_the_api_refuses_is_compared_next_time(backfilled: Backfilled) -> None:
    has_two_sites_of_which_one_was_not_delivered(backfilled)
    backfilled.rest.instead[site_of("lost")] = json_response({"detail": "no"}, status=400)

    first = reconciled(backfilled)
    backfilled.rest.instead.clear()
    second = reconciled(backfilled)

    assert (1, 1, 0) == (first.sites, first.failed, first.pulled)
    assert "refused_with_400" in str(first.problem)
    assert (1, 0, 1) == (second.sites, second.failed, second.pulled)
    assert (2, 1) == (second.changed, second.delivered)


def test_a_site_that_could_not_be_pulled_is_pulled_next_time_without_a_change(backfilled: Backfilled) -> None:
    has_two_sites_of_which_one_was_not_delivered(backfilled)
    backfilled.rest.instead[an_id("milestone lost")] = json_response({"detail": "no"}, status=400)

    first = reconciled(backfilled)
    backfilled.rest.instead.clear()
    second = reconciled(backfilled)
    third = reconciled(backfilled)

    assert (2, 1, 0) == (first.sites, first.failed, first.pulled)
    assert (0, 0, 1) == (second.sites, second.failed, second.pulled)
    assert (0, 0, 0) == (third.sites, third.failed, third.pulled)


def test_changes_since_the_last_reconcile_are_compared_however_old(backfilled: Backfilled) -> None:
    has_two_sites_of_which_one_was_not_delivered(backfilled)
    reconciled(backfilled)
    backfilled.rest.has(
        "forgotten", a_milestone("forgotten", at="2026-11-01T14:00:00Z"), updated="2026-11-01T14:00:00Z"
    )
    backfilled.rest.has("ancient", a_milestone("ancient", at=EARLIER), updated=EARLIER)
    backfilled.clock.sleep(30 * 24 * 3600)

    result = reconciled(backfilled, days=1)

    assert ReconcileResult(date(2026, 11, 1), sites=1, changed=1, delivered=0, pulled=1) == result


def test_if_the_api_stops_answering_the_rest_is_left_for_next_time(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as backfilled:
        for number in range(30):
            backfilled.rest.has(str(number), a_milestone(str(number), at=LATER), updated=LATER)
        backfilled.rest.instead["ops_workflow"] = json_response({}, status=503)

        result = reconciled(backfilled)
        requested = {target for target in backfilled.api.targets if "ops_workflow" in target}

    assert (0, len(requested), 30 - len(requested)) == (result.sites, result.failed, result.left)
    assert result.left >= 1
    assert result.needs_attention


def test_the_command_prints_its_counts(warehouse: Warehouse, backfilled: Backfilled) -> None:
    has_two_sites_of_which_one_was_not_delivered(backfilled)
    backfilled.rest.instead[an_id("milestone lost")] = json_response({"detail": "no"}, status=400)
    environment = {
        "SIGHTEN_HOME": str(warehouse.settings.home),
        "SIGHTEN_API_URL": backfilled.api.url,
        "SIGHTEN_API_TOKEN": TOKEN,
        "SIGHTEN_API_RATE": "1000",
    }

    backfilled.rest.has("of no known time")
    backfilled.rest.updated[site_of("of no known time")] = None

    first = CliRunner().invoke(commands, ["reconcile", "--days", "36500"], env=environment)
    backfilled.rest.instead.clear()
    second = CliRunner().invoke(commands, ["reconcile", "--days", "36500"], env=environment)

    assert (1, 0) == (first.exit_code, second.exit_code)
    assert "compared 2 changed sites; 1 of 2 milestone changes since " in first.stdout
    assert "were delivered by webhook: coverage 50.0%; 0 sites pulled" in first.stdout
    assert "1 sites could not be compared or pulled: refused_with_400" in first.stderr
    assert "1 sites were not compared: the API gives no date of their last update" in first.stderr
    assert "compared 0 changed sites; 1 of 2 milestone changes" in second.stdout
    assert "1 sites pulled" in second.stdout
    assert "1 sites were not compared: the API gives no date of their last update\n" == messages(second)


def test_status_shows_the_coverage(warehouse: Warehouse, backfilled: Backfilled) -> None:
    environment = {"SIGHTEN_HOME": str(warehouse.settings.home), "COLUMNS": "200"}

    before = CliRunner().invoke(commands, ["status"], env=environment)
    has_two_sites_of_which_one_was_not_delivered(backfilled)
    reconciled(backfilled)
    warehouse.publish()
    after = CliRunner().invoke(commands, ["status"], env=environment)

    assert "coverage" not in before.stdout
    assert (
        "50.0%  1 of 2 milestone changes delivered by webhook, 1 of 1 missing ones pulled: see ops.coverage"
        in after.stdout
    )


def test_coverage_is_the_share_that_a_simulated_sighten_sent(warehouse: Warehouse) -> None:
    simulation = build_simulation(4, 30)
    kept = [
        life.snapshots[:-1] if life.milestone_id[0] in "0123" and len(life.snapshots) > 1 else life.snapshots
        for life in simulation.lives
    ]
    sent = {snapshots[-1].payload["uuid"]: snapshots[-1].payload for snapshots in kept if snapshots}
    finals = {life.milestone_id: life.final for life in simulation.lives if life.final["status"] != IN_PROGRESS}
    warehouse.land(SAMPLE_BYTES, *(snapshot.payload for snapshots in kept for snapshot in snapshots))
    warehouse.load()

    with running_simulator(simulation) as sighten:
        given = {"api_url": sighten.url, "api_token": Secret(TOKEN), "api_rate": 1e6}
        result = reconcile(replace(warehouse.settings, **given), days=36_500)
    warehouse.load()
    warehouse.publish()

    lost = {milestone_id for milestone_id, final in finals.items() if sent[milestone_id] != final}
    assert len(lost) >= 2
    assert (len(finals) + 1, len(finals) + 1 - len(lost)) == (result.changed, result.delivered)
    assert sorted(lost) == warehouse.column(
        "select milestone_id from ops.reconciled where outcome = 'missing' and pulled_at is not null order by all"
    )
    assert {milestone_id: final["status"] for milestone_id, final in finals.items()}.items() <= dict(
        warehouse.rows("select milestone_id, status from milestones")
    ).items()


def test_a_reconcile_stopped_while_waiting_continues_next_time(backfilled: Backfilled) -> None:
    has_two_sites_of_which_one_was_not_delivered(backfilled)
    backfilled.rest.instead["milestone"] = Response(429, b"{}", {"Retry-After": "3"})
    pressed = threading.Event()
    backfilled.rest.before = lambda request: pressed.set() if "/milestone" in request.target else None

    with pytest.raises(StoppedError):
        reconciled(backfilled, stop=pressed.is_set)
    backfilled.rest.instead.clear()
    result = reconciled(backfilled)

    assert (2, 2, 1) == (result.sites, result.changed, result.delivered)
