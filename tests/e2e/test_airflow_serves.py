"""The product under a real scheduler: every delivery is published, whatever happens to Airflow."""

import hashlib
import json
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psutil
import pytest

from devstack.postgres import SOCKET, Postgres
from devstack.process_marks import find_marked, part_mark
from devstack.waiting import wait_until
from support.running_stack import RunningStack
from support.simulated_past import SECONDS, Backfills, busiest_days

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
PUBLISHED_SECONDS = 60
RECOVERY_SECONDS = 300
API_DATA = """
    select
        (select count(*) from quotes where resolution = 'signed'),
        (select count(*) from dal_values),
        (select count(*) from documents where download_status = 'stored')"""


def test_a_webhook_is_a_published_row_within_a_minute(running: RunningStack) -> None:
    milestone_id = str(uuid4())

    status = running.deliver(milestone_id)
    wait_until(lambda: milestone_id in running.published(), what="the published row", seconds=PUBLISHED_SECONDS)

    assert 200 == status


def test_the_result_names_the_sample_the_file_and_the_services(running: RunningStack) -> None:
    output = running.output.read_text()

    assert "approved after 5 d 2:00:24.8" in output
    assert str(running.settings.layout.warehouse_file) in output
    assert f"{running.receiver_url}/webhooks/sighten" in output
    assert str(running.home / "passwords.json") in output


def test_data_from_the_api_is_published_too(running: RunningStack) -> None:
    wait_until(
        lambda: all(running.rows(API_DATA)[0]),
        what="a signed quote, a value and a document",
        seconds=PUBLISHED_SECONDS,
    )

    stored = running.rows("select sha256, vault_path from documents where download_status = 'stored'")
    hashes = {hashlib.sha256(Path(path).read_bytes()).hexdigest() for _, path in stored}
    assert {sha256 for sha256, _ in stored} == hashes
    assert 0 == running.calls()["credentials_sent_elsewhere"]


def test_a_dag_of_the_users_own_starts_on_each_version(running: RunningStack) -> None:
    runs: list[dict[str, Any]] = []

    def has_run() -> bool:
        runs[:] = running.call_airflow("GET", "dags/on_each_version/dagRuns?state=success")["dag_runs"]
        return bool(runs)

    wait_until(has_run, what="a run of docs/on_each_version.py", seconds=PUBLISHED_SECONDS, every=0.5)

    task = f"dags/on_each_version/dagRuns/{quote(runs[0]['dag_run_id'])}/taskInstances/count_approved"
    result = running.call_airflow("GET", f"{task}/xcomEntries/return_value?deserialize=true")["value"]
    published = {version for (version,) in running.rows("select version from ops.versions")}
    assert "asset_triggered" == runs[0]["run_type"]
    assert result["versions"]
    assert set(result["versions"]) <= published
    assert min(result["milestones"]) >= 1
    assert result["approved"] >= 1


def test_the_test_button_says_that_the_connection_works(running: RunningStack) -> None:
    result = running.test_connection("sighten_default")

    assert {"status": True, "message": f"Works: {running.simulator_url} knows the token."} == result


def test_everything_listens_only_on_this_machine(running: RunningStack) -> None:
    listening = {
        connection.laddr.ip
        for process in find_marked(str(running.home))
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }

    sockets = Postgres(running.home).sockets

    assert {"127.0.0.1"} == listening
    assert (0o700, True) == (stat.S_IMODE(sockets.stat().st_mode), (sockets / SOCKET).is_socket())


@pytest.mark.big
@pytest.mark.timeout(900)
def test_a_backfill_pulls_days_of_history_and_the_next_one_only_what_failed(running: RunningStack) -> None:
    past = busiest_days(running)
    backfills = Backfills(running, past)
    (lost, day), *_ = past.sites.items()

    backfills.refuse(lost)
    backfills.create_by_rest(run_backwards=True, max_active_runs=2)
    first, first_pulls = backfills.runs(), backfills.pulls()
    backfills.wait_until_over()
    backfills.refuse_nothing()
    backfills.create_by_command("--reprocess-behavior", "failed")
    second, pulls = backfills.runs(), backfills.pulls()
    everything = past.milestones_of(past.sites)
    wait_until(lambda: everything <= running.published(), what="all milestones of the days", seconds=SECONDS)

    assert len(set(past.sites.values())) >= 2
    assert dict.fromkeys(past.all, "success") | {day: "failed"} == {other: run["state"] for other, run in first.items()}
    assert dict.fromkeys(past.all, "success") == {other: run["state"] for other, run in second.items()}
    assert [day] == [other for other in past.all if first[other]["start_date"] != second[other]["start_date"]]
    assert {"backfill"} == {run["run_type"] for run in second.values()}
    assert dict.fromkeys(past.sites, 1) == first_pulls
    assert dict.fromkeys(past.sites, 1) | {lost: 2} == pulls


def test_a_killed_receiver_is_started_again_while_airflow_keeps_running(running: RunningStack) -> None:
    milestone_id = str(uuid4())
    [scheduler] = processes_with(part_mark(str(running.home), "airflow"), argument="scheduler")
    for receiver in processes_with(part_mark(str(running.home), "sighten"), argument="receive"):
        receiver.kill()

    wait_until(lambda: "started receiver again" in running.output.read_text(), what="the restart", seconds=60)
    status = running.deliver(milestone_id)
    wait_until(lambda: milestone_id in running.published(), what="the published row", seconds=PUBLISHED_SECONDS)

    assert 200 == status
    assert scheduler.is_running()


def processes_with(mark: str, *, argument: str) -> list[psutil.Process]:
    """The processes with that mark that were started with that argument."""
    found = []
    for process in find_marked(mark):
        with suppress(psutil.NoSuchProcess):  # tasks come and go
            found += [process] if argument in process.cmdline() else []
    return found


@pytest.mark.big
def test_deliveries_while_airflow_is_killed_are_published_after_its_restart(running: RunningStack) -> None:
    before, after = ({str(uuid4()) for _ in range(20)} for _ in range(2))
    layout = running.settings.layout

    statuses = [running.deliver(milestone_id) for milestone_id in before]
    wait_until(
        lambda: any(layout.prepared.glob("*.json")) or before <= running.published(),
        what="a load under way",
        seconds=PUBLISHED_SECONDS,
        every=0.02,
    )
    for process in find_marked(part_mark(str(running.home), "airflow")):
        process.kill()
    statuses += [running.deliver(milestone_id) for milestone_id in after]
    wait_until(lambda: before | after <= running.published(), what="all of them", seconds=RECOVERY_SECONDS)

    assert [200] * 40 == statuses
    assert "starting Airflow again" in running.output.read_text()


def test_the_token_is_in_no_log_and_no_other_written_file(running: RunningStack) -> None:
    kept = running.home / "simulator.json"
    token = json.loads(kept.read_text())["token"].encode()
    written = [path for folder in (running.home, running.settings.home) for path in folder.rglob("*") if path.is_file()]

    holding = [path for path in written if path != kept and token in bytes_of(path)]

    assert len([path for path in written if "task_id=enrich" in str(path)]) >= 1
    assert [] == holding


def bytes_of(path: Path) -> bytes:
    """The bytes of a file, or none if it is gone: old versions are removed while the stack runs."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
