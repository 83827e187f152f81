"""`run --follow`: a resident process that publishes what lands, whatever the API is doing."""

import os
import subprocess
import sys
from threading import Event
from urllib.parse import urlsplit

import duckdb

from devstack.waiting import wait_until
from support.enriching import quote
from support.factories import a_milestone
from support.scripted_api import TOKEN, Request, Response, json_response, scripted
from support.warehouses import Warehouse


def count(warehouse: Warehouse, what: str) -> int:
    """What the published file holds now; 0 before there is one."""
    path = warehouse.settings.layout.warehouse_file
    if not path.exists():
        return 0
    with duckdb.connect(str(path), read_only=True) as connection:
        return int(connection.execute(f"select count(*) from {what}").fetchall()[0][0])


def test_a_follower_publishes_what_lands_while_the_api_is_slow_and_then_its_answers(warehouse: Warehouse) -> None:
    asked, go_on = Event(), Event()

    def answer(request: Request) -> Response:
        assert urlsplit(request.target).path.startswith("/api/data/workflow")
        asked.set()
        go_on.wait(60)
        return json_response({"data": [{"s_quote_id": quote("one")}], "status_code": 200})

    with scripted(answer) as api:
        env = {"SIGHTEN_HOME": str(warehouse.settings.home), "SIGHTEN_API_URL": api.url, "SIGHTEN_API_TOKEN": TOKEN}
        command = [sys.executable, "-c", "from sighten_warehouse.cli.main import main; main()", "run", "--follow"]
        warehouse.land(a_milestone("one"))
        follower = subprocess.Popen(command, env={**os.environ, **env, "PYTHONPATH": "include"})
        try:
            assert asked.wait(60)
            warehouse.land(a_milestone("two"))
            wait_until(lambda: count(warehouse, "milestones") == 2, what="the second milestone", seconds=60)
            published_meanwhile = count(warehouse, "quotes")
            go_on.set()
            wait_until(lambda: count(warehouse, "quotes") == 2, what="the signed quotes", seconds=60)
        finally:
            go_on.set()
            follower.terminate()
            follower.wait(60)

    assert 0 == published_meanwhile
    assert 0 == follower.returncode
