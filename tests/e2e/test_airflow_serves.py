"""The product under a real scheduler: what is delivered over HTTP is published, whatever happens to Airflow."""

from uuid import uuid4

import psutil
import pytest
from running_stack import RunningStack

from stack.marked import find_marked, part_of
from stack.waiting import wait_until

pytestmark = pytest.mark.e2e
PUBLISHED_SECONDS = 60
BACK_AGAIN_SECONDS = 150


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


def test_everything_listens_on_this_machine_alone(running: RunningStack) -> None:
    listening = {
        connection.laddr.ip
        for process in find_marked(str(running.home))
        for connection in process.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }

    assert {"127.0.0.1"} == listening


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
    for process in find_marked(part_of(str(running.home), "airflow")):
        process.kill()
    answers += [running.deliver(milestone_id) for milestone_id in after]
    wait_until(lambda: before | after <= running.published(), what="all of them", seconds=BACK_AGAIN_SECONDS)

    assert [200] * 40 == answers
    assert "starting Airflow again" in running.output.read_text()
