"""What `backfill api`, `plan`, `status` and `retry` print, and their exit codes."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from support.backfilling import Rest, site_of
from support.factories import a_milestone
from support.scripted_api import TOKEN, Request, Response, ScriptedApi, scripted
from support.warehouses import Warehouse

DAYS = ["--from", "2018-01-01", "--to", "2018-12-31"]


@pytest.fixture
def rest() -> Rest:
    rest = Rest()
    rest.has("one", updated="2018-03-01T00:00:00Z")
    rest.has("two", updated="2018-03-02T00:00:00Z")
    return rest


@pytest.fixture
def api(rest: Rest) -> Iterator[ScriptedApi]:
    with scripted(rest.answer) as server:
        yield server


@pytest.fixture
def configured(warehouse: Warehouse, api: ScriptedApi) -> dict[str, str]:
    return {
        "SIGHTEN_HOME": str(warehouse.settings.home),
        "SIGHTEN_API_URL": api.url,
        "SIGHTEN_API_TOKEN": TOKEN,
        "SIGHTEN_API_RATE": "10000",
        "SIGHTEN_API_CONCURRENCY": "1",
    }


def backfill(configured: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(commands, ["backfill", *arguments], env=configured)


def started(configured: dict[str, str]) -> subprocess.Popen[str]:
    """`backfill api` as a process of its own."""
    command = [
        sys.executable,
        "-c",
        "from sighten_warehouse.cli.main import run_alone; run_alone()",
        "backfill",
        "api",
        *DAYS,
    ]
    return subprocess.Popen(command, env=configured, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_planned_site_that_fails_is_shown_and_can_be_retried(rest: Rest, configured: dict[str, str]) -> None:
    rest.instead[site_of("two")] = Response(403, b'{"detail": "no"}')
    before = backfill(configured, "status")
    plan = backfill(configured, "plan", *DAYS)

    failed = backfill(configured, "api", *DAYS)
    status = backfill(configured, "status", "--json")
    rest.instead.clear()
    retried = backfill(configured, "retry")
    again = backfill(configured, "api", *DAYS)
    table = backfill(configured, "status")

    assert [0, 0, 1, 1, 0, 0, 0] == [
        result.exit_code for result in (before, plan, failed, status, retried, again, table)
    ]
    assert "no sites listed yet" in before.stdout
    planned = [" ".join(line.split()) for line in plan.stdout.splitlines()[-3:]]
    assert ["2018-03-01 1 1", "2018-03-02 1 1", "total 2 2"] == planned
    assert "2 sites: 1 landed now with 1 milestones, 0 before, 1 failed, 0 left" in failed.stdout
    assert "first problem: /api/v1/ops_workflow: answered 403" in failed.stderr
    assert "run `sighten-warehouse backfill retry`" in failed.stderr
    total = {"expected": 2, "landed": 1, "loaded": 0, "failed": 1, "missing": 0, "milestones": 1}
    assert total == json.loads(status.stdout)["total"]
    [failed_site] = json.loads(status.stdout)["failed_sites"]
    assert site_of("two") == failed_site["site_id"]
    assert "2018-03-02 00:00:00" == failed_site["site_updated_at"]
    assert ["site_id", "site_updated_at", "error", "said", "attempts", "failed_at"] == list(failed_site)
    assert "1 failed: /api/v1/ops_workflow: answered 403" in status.stderr
    assert "1 sites: 1 landed now with 1 milestones" in retried.stdout
    assert "2 sites: 0 landed now with 0 milestones, 2 before, 0 failed, 0 left" in again.stdout
    assert "total 2 2 0 0 0 2" == " ".join(table.stdout.splitlines()[-1].split())


def test_a_site_that_was_not_updated_on_those_days_is_reported(rest: Rest, configured: dict[str, str]) -> None:
    other = rest.has("other", updated="2019-01-01T00:00:00Z")

    result = backfill(configured, "api", *DAYS, "--site", other, "--site", site_of("one"))

    assert 1 == result.exit_code
    assert "1 sites: 1 landed now" in result.stdout
    assert "1 of the given sites are not listed by the API or were last updated on other days" in result.stderr


def test_sites_without_a_date_in_the_api_are_shown_and_fetched_on_request(
    rest: Rest, configured: dict[str, str]
) -> None:
    rest.milestones[site_of("undated")] = [a_milestone("undated")]
    rest.updated[site_of("undated")] = None

    plan = backfill(configured, "plan", *DAYS)
    dated = backfill(configured, "api", *DAYS)
    status = backfill(configured, "status")
    undated = backfill(configured, "api", *DAYS, "--undated")
    named = backfill(configured, "api", *DAYS, "--site", site_of("undated"))

    assert "no day 1 1" == " ".join(plan.stdout.splitlines()[-2].split())
    assert "1 sites have no date in the API: backfill api --undated fetches them" in plan.stderr
    assert "2 sites: 2 landed now" in dated.stdout
    assert "no day 1 0 0 0 1 0" == " ".join(status.stdout.splitlines()[-2].split())
    assert "3 sites: 1 landed now with 1 milestones, 2 before" in undated.stdout
    assert "1 sites: 0 landed now with 0 milestones, 1 before" in named.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "2018-02-01", "--to", "2018-01-31"], "2018-01-31 is before --from"),
        (["--from", "2018-02-01"], "Missing option '--to'"),
        (["--from", "9000-01-01", "--to", "9000-12-31"], "9000-01-01 is in the future"),
        (["--from", "yesterday", "--to", "2018-01-31"], "'yesterday' does not match the format '%Y-%m-%d'"),
        ([*DAYS, "--site", "7a60"], "not a valid UUID"),
    ],
)
def test_wrong_use_exits_with_2_and_makes_no_api_call(
    api: ScriptedApi, configured: dict[str, str], arguments: list[str], message: str
) -> None:
    result = backfill(configured, "api", *arguments)

    assert 2 == result.exit_code
    assert message in result.stderr
    assert [] == api.requests


def test_ctrl_c_stops_after_the_current_call_and_names_how_to_resume(rest: Rest, configured: dict[str, str]) -> None:
    children: list[subprocess.Popen[str]] = []

    def press(request: Request) -> None:
        if len(children) == 1 and "/task" in request.target:
            children[0].send_signal(signal.SIGINT)

    rest.before = press
    children.append(started(configured))
    out, error = children[0].communicate(timeout=60)
    children.append(children[0])

    resumed = backfill(configured, "api", *DAYS)

    assert 130 == children[0].returncode
    counted = re.search(r"2 sites: (\d) landed now with \d milestones, 0 before, 0 failed, (\d) left", out)
    assert counted, out
    landed, left = map(int, counted.groups())
    assert (2, True) == (landed + left, left > 0)
    assert "stopped: the responses so far are landed; run the same command again to resume" in error
    assert 0 == resumed.exit_code
    assert f"2 sites: {left} landed now" in resumed.stdout


def test_ctrl_c_ends_the_command_even_during_a_retry_after(rest: Rest, configured: dict[str, str]) -> None:
    rest.instead["ops_workflow"] = Response(429, b"{}", {"Retry-After": "600"})
    children: list[subprocess.Popen[str]] = []
    rest.before = lambda request: children[0].send_signal(signal.SIGINT) if "ops_workflow" in request.target else None

    children.append(started(configured))
    try:
        out, error = children[0].communicate(timeout=120)
    finally:
        children[0].kill()

    assert 130 == children[0].returncode
    assert "2 sites: 0 landed now with 0 milestones, 0 before, 0 failed, 2 left" in out
    assert "run the same command again to resume" in error


def test_a_second_ctrl_c_ends_the_command_even_without_a_response(rest: Rest, configured: dict[str, str]) -> None:
    children: list[subprocess.Popen[str]] = []
    ended = threading.Event()

    def press_twice(request: Request) -> None:
        if "ops_workflow" in request.target:
            while not ended.wait(0.1):
                children[0].send_signal(signal.SIGINT)

    rest.before = press_twice

    children.append(started(configured))
    try:
        children[0].communicate(timeout=30)
    finally:
        children[0].kill()
        ended.set()

    assert 130 == children[0].returncode
