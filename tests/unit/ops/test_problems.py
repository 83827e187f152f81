"""Which facts of a status are problems; the same list for `status` and `watch`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sighten_warehouse.alerts.ledger import Ledger, OpenAlert
from sighten_warehouse.alerts.problem import Problem
from sighten_warehouse.api.refusals import Refusals, read_refusals
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import AuthenticationError, CircuitOpenError, NotPublishedError, PermissionDeniedError
from sighten_warehouse.lake import compaction
from sighten_warehouse.ops.problems import RECIPES, find_problems
from sighten_warehouse.ops.status import Status
from sighten_warehouse.ops.upkeep import overdue_maintenance
from sighten_warehouse.publish.version import Version
from sighten_warehouse.settings import read_settings
from support.documents import anchors
from support.factories import a_milestone
from support.warehouses import Warehouse

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
HEALTHY = Status(
    landed=0,
    pending=0,
    left_out=0,
    unpublished=0,
    outcomes={},
    recounted=False,
    landing_files=0,
    pending_files=0,
    batches=0,
    version="a",
    last_webhook_at=NOW - timedelta(hours=2),
    usual_silence_s=3 * 3600.0,
    free_disk={"/srv": 3 * 10**9},
)


def problems(*, ledger: Ledger | None = None, max_silence: str = "", **facts: Any) -> list[Problem]:
    settings = read_settings({"SIGHTEN_MAX_SILENCE_MINUTES": max_silence})
    return find_problems(replace(HEALTHY, **facts), settings, ledger or {}, now=NOW)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, []),
        ({"oldest_waiting_at": NOW - timedelta(minutes=30)}, []),
        ({"oldest_waiting_at": NOW - timedelta(minutes=31)}, ["deliveries_unpublished"]),
        ({"usual_silence_s": 3600.0}, ["webhooks_silent"]),
        ({"usual_silence_s": None}, []),
        ({"usual_silence_s": None, "last_webhook_at": NOW - timedelta(days=99)}, []),
        ({"free_disk": {"/srv": 3 * 10**9, "/vault": 10**9}}, ["disk_low"]),
        ({"coverage": {"delivered": 40, "missing": 4, "same_status": 1}}, ["coverage_low"]),
        ({"coverage": {"delivered": 40, "missing": 4, "same_status": 2}}, []),
        ({"coverage": {"delivered": 100, "missing": 5, "same_status": 0}}, []),
        ({"overdue": {"proof": NOW - timedelta(days=3)}}, ["maintenance_overdue"]),
        ({"backup_due": NOW - timedelta(days=3)}, ["backup_overdue"]),
        ({"backup_due": NOW - timedelta(days=1)}, []),
        ({"landed": 1}, ["balance_broken"]),
        ({"unfinished_erasures": ("2026-11-01T11:00:00+00:00",)}, ["erasure_unfinished"]),
        ({"differing": ("main.tasks",)}, ["updates_differ"]),
        ({"published_file_missing": True, "oldest_waiting_at": NOW - timedelta(days=1)}, ["published_file_damaged"]),
    ],
)
def test_a_fact_beyond_its_limit_is_a_problem(facts: dict[str, Any], expected: list[str]) -> None:
    assert expected == [problem.key for problem in problems(**facts)]


def test_a_limit_for_silence_goes_before_what_is_usual() -> None:
    assert ["webhooks_silent"] == [problem.key for problem in problems(max_silence="119")]
    assert [] == [problem.key for problem in problems(max_silence="121", usual_silence_s=1.0)]


def test_a_silence_lasts_until_the_next_webhook_even_if_it_would_be_usual_by_now() -> None:
    [silence] = problems(usual_silence_s=3600.0)
    ledger = {silence.key: OpenAlert(silence)}

    assert [silence.key] == [problem.key for problem in problems(ledger=ledger, usual_silence_s=86400.0)]
    assert [] == problems(ledger=ledger, usual_silence_s=86400.0, last_webhook_at=NOW)


def test_quarantine_is_told_again_when_the_number_of_a_reason_doubles() -> None:
    items = [set(problems(quarantine={"not_json": count})[0].items) for count in (1, 2, 3, 4)]

    assert [True, False, True] == [later > earlier for earlier, later in pairwise(items)]


def test_a_failed_task_counts_until_it_is_two_days_old() -> None:
    failed = Problem(key="task_failed/a.b", text="failed", recipe="a-task-failed", since=NOW - timedelta(hours=47))
    older = Problem(key="task_failed/a.c", text="failed", recipe="a-task-failed", since=NOW - timedelta(hours=49))

    assert [failed] == problems(ledger={problem.key: OpenAlert(problem) for problem in (failed, older)})


def test_every_recipe_of_a_problem_is_in_the_runbook() -> None:
    assert set() == set(RECIPES.values()) - anchors("docs/runbook.md")


def test_the_api_refuses_until_it_answers(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout

    def refused() -> dict[str, str]:
        return {refusal.path: refusal.reason for refusal in read_refusals(layout)}

    client = Refusals(layout, clock=Clock())
    client.answered("/quote")
    client.refused("/quote", PermissionDeniedError("of one subject, since another was answered"))
    client.refused("/quote", NotPublishedError("no refusal"))
    client.refused("/site", PermissionDeniedError("of all"))
    found = [refused()]
    client.refused("/quote", AuthenticationError("the token"))
    client.refused("/dal", CircuitOpenError("down"))
    found.append(refused())
    another_process = Refusals(layout, clock=Clock())
    another_process.answered("/quote")
    found.append(refused())
    another_process.answered("/site")
    found.append(refused())

    assert [{"/site": "403"}, {"/site": "403", "/quote": "401", "/dal": "circuit_open"}, {"/site": "403"}, {}] == found
    assert not layout.api_refusals.exists()


def test_a_proof_or_a_compaction_is_overdue_after_two_days(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "WORTH_MERGING", 2)
    layout = warehouse.settings.layout
    first = Version("a", NOW.isoformat(), "", 0, (), {}, "")
    proved = replace(first, published_at=(NOW + timedelta(days=1)).isoformat(), differing=())

    def overdue(known: list[Version], *, days: float) -> set[str]:
        return set(overdue_maintenance(layout, known, now=NOW + timedelta(days=days)))

    assert [set(), {"proof"}, set()] == [
        overdue([first], days=2),
        overdue([first], days=2.1),
        overdue([first, proved], days=3),
    ]
    for _ in range(2):
        warehouse.take_in(a_milestone())
    in_two_days = (datetime.now(UTC) - NOW).days + 3
    before = overdue([], days=in_two_days)
    compaction.compact(layout)

    assert [{"compaction"}, set()] == [before, overdue([], days=in_two_days)]
