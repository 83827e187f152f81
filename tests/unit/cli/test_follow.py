"""`run --follow`: a resident process that publishes what lands, whatever the API is doing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from urllib.parse import urlsplit

import duckdb

from devstack.waiting import wait_until
from sighten_warehouse.cli.run import Repeated
from sighten_warehouse.lake.manifest import commit_files
from sighten_warehouse.locks import one_writer
from support.enriching import quote
from support.factories import a_document, a_milestone, a_sub_task, a_task
from support.scripted_api import TOKEN, Request, Response, ScriptedApi, json_response, scripted
from support.warehouses import Warehouse


def count(warehouse: Warehouse, what: str) -> int:
    """What the published file holds now; 0 before there is one."""
    path = warehouse.settings.layout.warehouse_file
    if not path.exists():
        return 0
    with duckdb.connect(str(path), read_only=True) as connection:
        return int(connection.execute(f"select count(*) from {what}").fetchall()[0][0])


@contextmanager
def following(warehouse: Warehouse, api: ScriptedApi) -> Iterator[subprocess.Popen[bytes]]:
    """A follower with that API; it must end with 0 when it is told to stop."""
    env = {"SIGHTEN_HOME": str(warehouse.settings.home), "SIGHTEN_API_URL": api.url, "SIGHTEN_API_TOKEN": TOKEN}
    command = [sys.executable, "-c", "from sighten_warehouse.cli.main import run_alone; run_alone()", "run", "--follow"]
    follower = subprocess.Popen(command, env={**os.environ, **env, "PYTHONPATH": "include"})
    try:
        yield follower
    finally:
        follower.terminate()
        follower.wait(60)
    assert 0 == follower.returncode


def is_quote(request: Request) -> bool:
    return urlsplit(request.target).path.startswith("/api/data/workflow")


def test_a_follower_publishes_what_lands_while_the_api_is_slow_and_then_its_answers(warehouse: Warehouse) -> None:
    asked, go_on = Event(), Event()

    def answer(request: Request) -> Response:
        assert is_quote(request)
        asked.set()
        go_on.wait(60)
        return json_response({"data": [{"s_quote_id": quote("one")}], "status_code": 200})

    warehouse.land(a_milestone("one"))
    with scripted(answer) as api, following(warehouse, api):
        assert asked.wait(60)
        warehouse.land(a_milestone("two"))
        wait_until(lambda: count(warehouse, "milestones") == 2, what="the second milestone", seconds=60)
        published_meanwhile = count(warehouse, "quotes")
        go_on.set()
        wait_until(lambda: count(warehouse, "quotes") == 2, what="the signed quotes", seconds=60)

    assert 0 == published_meanwhile


def test_the_api_is_called_once_what_had_landed_is_published(warehouse: Warehouse) -> None:
    published = []

    def answer(_: Request) -> Response:
        published.append(count(warehouse, "milestones"))
        return json_response({"data": [], "status_code": 200})

    warehouse.land(a_milestone("one"))
    with scripted(answer) as api, following(warehouse, api):
        wait_until(lambda: count(warehouse, "quotes") == 1, what="the answer", seconds=60)

    assert [1] == published


def test_a_quote_waits_for_no_download_and_a_stop_for_none_that_has_not_begun(warehouse: Warehouse) -> None:
    downloading, go_on, downloads = Event(), Event(), []

    def answer(request: Request) -> Response:
        if is_quote(request):
            return json_response({"data": [{"s_quote_id": quote("one")}], "status_code": 200})
        downloads.append(request)
        downloading.set()
        go_on.wait(60)
        return Response(status=404)

    documents = [a_document(f"{number}") for number in range(100)]
    warehouse.land(a_milestone("one", tasks=[a_task("one", sub_tasks=[a_sub_task("one", documents=documents)])]))
    with scripted(answer) as api, following(warehouse, api) as follower:
        assert downloading.wait(60)
        warehouse.land(a_milestone("two"))
        wait_until(lambda: count(warehouse, "quotes") == 2, what="the second signed quote", seconds=60)
        begun = len(downloads)
        follower.terminate()
        go_on.set()

    assert begun <= len(downloads) <= begun + 8


def test_what_others_change_is_published_though_nothing_landed(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout
    warehouse.take_in(a_milestone("one"))
    warehouse.publish()
    warehouse.close()

    with scripted(lambda _: Response(status=404)) as api, following(warehouse, api):
        wait_until(lambda: count(warehouse, "quotes") == 1, what="the first look", seconds=60)
        published = count(warehouse, "ops.versions")
        layout.codes.write_text("task_status: [OWN]")
        wait_until(lambda: count(warehouse, "ops.versions") > published, what="another version", seconds=60)


def test_a_delivery_is_loaded_while_an_earlier_one_is_published_and_a_stop_publishes_it(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout

    def is_loaded(loads: int) -> bool:
        return len(list(commit_files(layout))) >= loads

    with scripted(lambda _: Response(status=404)) as api, following(warehouse, api) as follower:
        with one_writer(layout, "publish"):
            for number in (1, 2):
                warehouse.land(a_milestone(f"{number}"))
                wait_until(partial(is_loaded, number), what=f"load {number}", seconds=60)
            follower.terminate()
        follower.wait(60)

    assert 2 == count(warehouse, "milestones")


def test_a_step_that_let_others_go_first_goes_first_itself_the_next_time() -> None:
    seen = []

    def call() -> None:
        seen.append(os.getpriority(os.PRIO_PROCESS, 0))
        os.setpriority(os.PRIO_PROCESS, 0, 19)

    step = Repeated(call)
    for _ in range(2):
        step.start_if_due(is_new=True)
        assert step.running is not None
        step.running.result(60)

    assert [os.getpriority(os.PRIO_PROCESS, 0)] * 2 == seen
