"""The product under a real scheduler: what is delivered over HTTP is published, whatever happens to Airflow."""

import hashlib
import json
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from running_stack import RunningStack
from simulated_past import SECONDS, Backfills, busiest_days

from devstack.process_marks import find_marked, part_mark
from devstack.waiting import wait_until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]
PUBLISHED_SECONDS = 60
BACK_AGAIN_SECONDS = 300
TOLD = """
    select
        (select count(*) from quotes where resolution = 'signed'),
        (select count(*) from dal_values),
        (select count(*) from documents where download_status = 'stored')"""


def test_a_webhook_is_a_published_row_within_a_minute(running: RunningStack) -> None:
    milestone_id = str(uuid4())

    answered = running.deliver(milestone_id)
    wait_until(lambda: milestone_id in running.published(), what="the published row", seconds=PUBLISHED_SECONDS)

    assert 200 == answered


def test_the_result_says_what_a_person_wants_to_know(running: RunningStack) -> None:
    output = running.output.read_text()

    assert "approved after 5 d 2:00:24.8" in output
    assert str(running.settings.layout.warehouse_file) in output
    assert f"{running.receiver_url}/webhooks/sighten" in output
    assert str(running.home / "passwords.json") in output


def test_what_only_the_api_knows_is_published_too(running: RunningStack) -> None:
    wait_until(
        lambda: all(running.rows(TOLD)[0]), what="a signed quote, a value and a document", seconds=PUBLISHED_SECONDS
    )

    stored = running.rows("select sha256, vault_path from documents where download_status = 'stored'")
    of_bytes = {hashlib.sha256(Path(path).read_bytes()).hexdigest() for _, path in stored}
    assert {sha256 for sha256, _ in stored} == of_bytes
    assert 0 == running.calls()["credentials_sent_elsewhere"]


def test_the_test_button_says_that_the_connection_works(running: RunningStack) -> None:
    answer = running.test_connection("sighten_default")

    assert {"status": True, "message": f"Works: {running.simulator_url} knows the token."} == answer


def test_everything_listens_on_this_machine_alone(running: RunningStack) -> None:
    listening = {
        connection.laddr.ip
        for process in find_marked(str(running.home))
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }

    assert {"127.0.0.1"} == listening


@pytest.mark.big
@pytest.mark.timeout(900)
def test_days_of_history_come_in_by_a_backfill_and_the_next_one_does_only_what_failed(running: RunningStack) -> None:
    past = busiest_days()
    backfills = Backfills(running, past)
    (lost, day), *_ = past.sites.items()

    backfills.refuse(lost)
    backfills.create_by_rest(run_backwards=True, max_active_runs=2)
    first, first_walks = backfills.runs(), backfills.walks()
    backfills.wait_until_over()
    backfills.refuse_nothing()
    backfills.create_by_command("--reprocess-behavior", "failed")
    second, walks = backfills.runs(), backfills.walks()
    everything = past.milestones_of(past.sites)
    wait_until(lambda: everything <= running.published(), what="all milestones of the days", seconds=SECONDS)

    assert len(set(past.sites.values())) >= 2
    assert dict.fromkeys(past.all, "success") | {day: "failed"} == {one: run["state"] for one, run in first.items()}
    assert dict.fromkeys(past.all, "success") == {one: run["state"] for one, run in second.items()}
    assert [day] == [one for one in past.all if first[one]["start_date"] != second[one]["start_date"]]
    assert {"backfill"} == {run["run_type"] for run in second.values()}
    assert dict.fromkeys(past.sites, 1) == first_walks
    assert dict.fromkeys(past.sites, 1) | {lost: 2} == walks


def test_what_comes_while_airflow_is_killed_is_published_once_it_is_back(running: RunningStack) -> None:
    before, after = ({str(uuid4()) for _ in range(20)} for _ in range(2))
    layout = running.settings.layout

    answers = [running.deliver(milestone_id) for milestone_id in before]
    wait_until(
        lambda: any(layout.prepared.glob("*.json")) or before <= running.published(),
        what="a load under way",
        seconds=PUBLISHED_SECONDS,
        every=0.02,
    )
    for process in find_marked(part_mark(str(running.home), "airflow")):
        process.kill()
    answers += [running.deliver(milestone_id) for milestone_id in after]
    wait_until(lambda: before | after <= running.published(), what="all of them", seconds=BACK_AGAIN_SECONDS)

    assert [200] * 40 == answers
    assert "starting Airflow again" in running.output.read_text()


def test_the_token_is_in_no_log_nor_in_anything_else_that_was_written(running: RunningStack) -> None:
    kept = running.home / "simulator.json"
    token = json.loads(kept.read_text())["token"].encode()
    written = [path for folder in (running.home, running.settings.home) for path in folder.rglob("*") if path.is_file()]

    holding = [path for path in written if path != kept and token in bytes_of(path)]

    assert len([path for path in written if "task_id=enrich" in str(path)]) >= 1
    assert [] == holding


def bytes_of(path: Path) -> bytes:
    """Those of a file, none if it is gone: old versions are removed while the stack runs."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
