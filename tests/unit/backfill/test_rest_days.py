"""Backfill by REST: what is requested, landed, skipped, failed and retried."""

import json
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from textwrap import dedent
from urllib.parse import urlsplit

import pytest

from sighten_warehouse.backfill.rest.step import plan_days, pull_day
from sighten_warehouse.errors import AuthenticationError
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.ops.rebuild import rebuild
from support.backfilling import FIRST, LAST, RETRY_POLICY, Backfilled, backfilling, item_of, site_of
from support.factories import a_milestone, a_sub_task, a_task, an_id
from support.scripted_api import Request, Response, json_response
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

CHAIN = ["ops_workflow", "milestone", "task", "sub_task"]
BROKEN = Response(500, b"{}")


def three(key: str) -> list[dict[str, object]]:
    """Three milestones of one site: a list of two pages."""
    return [a_milestone(f"{key} {number}", site=site_of(key)) for number in range(3)]


def milestone_of(there: Backfilled, key: str) -> tuple[object, ...]:
    return there.warehouse.row(
        "select name, status, alias, site_id, quote_id, workflow_id, contract_id, assigned_to_user_id, description,"
        " ready_to_submit, task_count from milestones where milestone_id = ?",
        an_id(f"milestone {key}"),
    )


def test_rest_items_become_rows_of_the_same_tables_with_missing_fields_null(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        site_id = there.rest.has("one")

        result = there.pull()
        warehouse.publish()

    workflow_id, user_id = an_id(f"workflow {site_id}"), an_id("user Generic")
    expected = ("Construction & Signoff", "SUBMITTED", "CONSTRUCTION", site_id, an_id("quote one"), workflow_id)
    assert (*expected, an_id("contract"), user_id, None, None, None) == milestone_of(there, "one")
    assert (1, 1, 0, 1) == (result.expected, result.landed, result.failed, result.milestones)
    assert (None, "one task", user_id, an_id("task definition"), an_id("user Approver")) == warehouse.row(
        "select position, name, assigned_to_user_id, task_definition_id, approver_user_id from tasks"
    )
    assert ("one task", "CHECKBOX", "INCM", None, None, None, None) == warehouse.row(
        "select label, category, status, position, data, is_checked, document_status from sub_tasks"
    )
    assert [
        ("rest_milestone", "applied", "api"),
        ("rest_site", "applied", "api"),
        ("rest_sites", "applied", "api"),
    ] == (warehouse.rows("select kind, outcome, source from ops.deliveries order by kind"))
    assert [] == warehouse.rows("from ops.drift")
    assert [] == warehouse.rows("from ops.checks where findings > 0")


def test_items_are_landed_byte_for_byte(warehouse: Warehouse) -> None:
    milestone = a_milestone("one")
    verbatim = json.dumps(item_of(milestone) | {"rate": 0})[:-2] + '1.50E+3, "odd":  [ 1 ]}'
    with backfilling(warehouse) as there:
        there.rest.has("one", milestone)
        listed = f'{{"count": 1, "next": null, "results": [{verbatim}]}}'.encode()
        there.rest.instead[an_id(f"workflow {site_of('one')}")] = Response(200, listed)

        there.pull()

    landing = warehouse.settings.layout.landing
    lines = [raw for name in landing_files(landing) for raw in read_raw_lines(landing / name)]
    assert 1 == sum(verbatim.encode() in raw for raw in lines)


def test_a_site_landed_since_its_last_update_is_not_requested_again(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one"))
        there.rest.has("two")
        first = there.pull(load=False)
        calls_before = len(there.api.targets)

        unloaded, loaded = there.pull(fresh_list=True), there.pull(fresh_list=True)
        quiet = there.requests(calls_before)
        there.rest.updated[site_of("two")] = "2018-04-01T00:00:00Z"
        updated = there.pull(fresh_list=True)

    assert (2, 4) == (first.landed, first.milestones)
    assert [(0, 2)] * 2 == [(result.landed, result.done_before) for result in (unloaded, loaded)]
    assert [] == quiet
    assert (1, 1) == (updated.landed, updated.done_before)
    assert CHAIN == there.requests(calls_before)


def test_a_day_is_pulled_alone_and_its_list_requested_once(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("before", updated="2018-03-01T23:59:59.999999Z")
        there.rest.has("one", updated="2018-03-02T00:00:00Z")
        there.rest.has("other", updated="2018-03-02T23:59:59Z")
        there.rest.has("after", updated="2018-03-03T00:00:00Z")
        options = {"clock": there.clock, "retry_policy": RETRY_POLICY}
        plan = plan_days(there.settings, date(2018, 3, 1), date(2018, 3, 2), **options)
        lists = len(there.api.targets)

        result = pull_day(there.settings, date(2018, 3, 2), **options)
        again = pull_day(there.settings, date(2018, 3, 2), **options)

        assert [(date(2018, 3, 1), 1, 1), (date(2018, 3, 2), 2, 2)] == [
            (day.day, day.expected, day.due) for day in plan
        ]
        assert (2, 2) == (result.landed, again.done_before)
        assert 2 * CHAIN == [urlsplit(target).path.split("/")[-1] for target in there.api.targets[lists:]]
        counts = [
            (day.day.day, day.expected, day.landed, day.loaded, day.failed, day.missing) for day in there.status()
        ]
        assert [(1, 1, 0, 0, 0, 1), (2, 2, 2, 0, 0, 0), (3, 1, 0, 0, 0, 1)] == counts
        warehouse.load()
        assert [0, 2, 0] == [day.loaded for day in there.status()]


def test_an_unplanned_day_requests_the_list_only_of_the_named_sites(
    warehouse: Warehouse,
) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one")
        site_id = there.rest.has("two")

        result = pull_day(
            there.settings, date(2018, 3, 1), sites=[site_id], clock=there.clock, retry_policy=RETRY_POLICY
        )

        assert (1, 1) == (result.expected, result.landed)
        assert [f"site_id={site_id}"] == [
            target.partition("&")[2] for target in there.api.targets if "/site/" in target
        ]
        assert 4 == len(there.requests())


def test_days_pulled_concurrently_share_one_list(warehouse: Warehouse) -> None:
    days = [date(2018, 3, day) for day in (1, 2, 3)]
    with backfilling(warehouse) as there, ThreadPoolExecutor(len(days)) as pool:
        for day in days:
            there.rest.has(str(day), updated=f"{day}T10:00:00Z")

        results = pool.map(
            lambda day: pull_day(there.settings, day, clock=there.clock, retry_policy=RETRY_POLICY), days
        )

        assert [1, 1, 1] == [result.landed for result in results]
        assert 1 == sum("page=1" in target for target in there.api.targets)


def test_a_failed_page_fails_only_its_site_and_retry_pulls_it(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one"))
        there.rest.has("two")
        there.rest.instead[an_id("milestone one 1")] = BROKEN
        failed = there.pull()
        failed_again = there.retry()
        days = there.status()
        there.rest.instead.clear()
        calls_before = len(there.api.targets)

        mended = there.retry()

        assert (1, 1) == (failed.landed, failed.failed)
        assert "/api/v1/task: answered 500" in str(failed.problem)
        assert (1, 0, 1) == (failed_again.expected, failed_again.landed, failed_again.failed)
        assert [(2, 1, 1, 0)] == [(day.expected, day.landed, day.failed, day.missing) for day in days]
        assert (1, 0) == (mended.landed, mended.failed)
        assert ["ops_workflow", "milestone", "milestone", "task", "sub_task", "task", "sub_task"] == (
            there.requests(calls_before)  # but not the first milestone again, which is landed
        )
        assert [(2, 2, 0)] == [(day.expected, day.landed, day.failed) for day in there.status()]
        assert 0 == there.retry().expected

        there.rest.updated[site_of("one")] = "2018-04-01T00:00:00Z"
        plan_days(there.settings, FIRST, LAST, clock=there.clock)

        assert [(0, 0), (0, 1)] == [(day.failed, day.missing) for day in there.status()]


@pytest.mark.parametrize(
    "refusal", [Response(403, b'{"detail": "no"}'), Response(404, b'{"detail": "no"}'), Response(200, b"{}")]
)
def test_a_site_that_is_refused_or_has_an_unknown_shape_fails_alone(warehouse: Warehouse, refusal: Response) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one")
        there.rest.has("two")
        there.rest.instead[site_of("one")] = refusal

        result = there.pull()

        assert (1, 1, 0) == (result.landed, result.failed, result.left)


def test_a_list_with_fewer_items_than_its_count_is_an_error(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one")
        there.rest.instead[an_id("milestone one")] = json_response({"count": 2, "next": None, "results": []})

        result = there.pull()

        assert "gave 0 items, expected 2" in str(result.problem)


def test_an_unknown_token_ends_the_pull_and_landed_sites_stay(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", updated="2018-03-01T00:00:00Z")
        there.rest.has("two", updated="2018-03-02T00:00:00Z")
        there.rest.instead[site_of("two")] = Response(401, b'{"detail": "Invalid token."}')

        with pytest.raises(AuthenticationError):
            there.pull()

        assert [(1, 0, 0), (0, 0, 1)] == [(day.landed, day.failed, day.missing) for day in there.status()]


def test_after_too_many_failures_the_rest_is_left(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        for number in range(30):
            there.rest.instead[there.rest.has(str(number))] = Response(403, b"{}")

        result = there.pull()

        assert (30, 0, 25, 5) == (result.expected, result.landed, result.failed, result.left)


@pytest.mark.parametrize(("status", "is_named"), [(403, False), (404, False), (400, True), (404, True)])
def test_if_the_dal_refuses_the_projects_are_listed(warehouse: Warehouse, status: int, *, is_named: bool) -> None:
    with backfilling(warehouse) as there:
        site_id = there.rest.has("one")
        there.rest.has("two")
        there.rest.instead["site"] = Response(status, b"<html>")

        result = there.pull(sites=[site_id] if is_named else [], fresh_list=True)

        expected = (1, 1) if is_named else (2, 2)
        assert expected == (result.expected, result.landed)


def test_a_missing_site_does_not_cause_a_list_of_all_projects(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        site_id = there.rest.has("one")
        there.rest.instead[site_id] = Response(404, b'{"detail": "Not found."}')

        result = there.pull(sites=[site_id], fresh_list=True)

        assert 0 == result.expected
        assert [] == there.requests()


def test_ids_and_times_in_lists_of_one_are_understood_and_null_is_not_drift(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        site_id = there.rest.has("one")
        rows = [
            {"site_id": [site_id], "site_last_updated": ["2018-03-01T10:00:00Z"]},
            {"site_id": an_id("site two"), "site_last_updated": None},
            {"site_id": an_id("site three"), "site_last_updated": []},
        ]
        there.rest.instead["site"] = json_response({"data": rows, "messages": {}, "status_code": 200})

        result = there.pull()

        assert (1, 1) == (result.expected, result.landed)
        warehouse.publish()
        assert [] == warehouse.rows("select path from ops.drift where kind = 'rest_sites'")


def test_an_item_without_an_id_is_set_aside_and_the_others_go_on(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one")[:2])
        there.rest.more[an_id("milestone one 0")] = {"uuid": None}

        result = there.pull()
        warehouse.publish()

        assert (1, 2) == (result.landed, result.milestones)
    assert ["rest_milestone"] == warehouse.column("select kind from ops.quarantine where reason = 'no_uuid'")
    assert [an_id("milestone one 1")] == warehouse.column("select milestone_id from milestones")


def test_a_pull_stopped_within_a_site_continues_there(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one"), updated="2018-03-01T00:00:00Z")
        there.rest.has("two", updated="2018-03-02T00:00:00Z")
        progress: list[int] = []
        stopped = there.pull(
            stop=lambda: there.requests().count("task") >= 2, on_progress=lambda result: progress.append(result.landed)
        )
        half, calls_before = there.requests().count("task"), len(there.api.targets)

        resumed = there.pull()

        assert (True, 0, 2) == (stopped.stopped, stopped.landed, stopped.left)
        assert (2, 2) == (half, resumed.landed)
        assert 3 + 4 + 4 == len(there.requests(calls_before))  # two milestones of the first site, and all of the second


def test_pulling_concurrently_lands_the_same(warehouse: Warehouse, tmp_path: Path) -> None:
    rows = []
    for home, concurrency in ((warehouse, 1), (Warehouse(tmp_path / "other"), 4)):
        with backfilling(home, api_concurrency=concurrency) as there:
            for number in range(4):
                there.rest.has(str(number), *three(str(number)))
            there.pull()
            home.publish()
            rows.append(sorted(home.rows("select milestone_id, task_id, name, status, approver_user_id from tasks")))
            home.close()

    assert 12 == len(rows[0])
    assert rows[0] == rows[1]


PULL = dedent("""
    import sys
    from datetime import date
    from sighten_warehouse.backfill.rest import pull
    from sighten_warehouse.backfill.rest.step import pull_days
    from sighten_warehouse.settings import read_settings

    pull.LAND_EVERY_S = 0  # so that little is lost
    pull_days(read_settings(), date(2018, 1, 1), date(2018, 12, 31))
""")


def test_a_killed_pull_continues_and_lands_nothing_twice(warehouse: Warehouse) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def kill(request: Request) -> None:
        if children[0].poll() is None and an_id("milestone third 1") in request.target:
            children[0].kill()
            children[0].wait()

    with backfilling(warehouse) as there:
        for day, key in enumerate(("first", "second", "third", "fourth"), 1):
            there.rest.has(key, *three(key), updated=f"2018-03-0{day}T00:00:00Z")
        environment = {
            "SIGHTEN_HOME": str(there.settings.home),
            "SIGHTEN_API_URL": there.api.url,
            "SIGHTEN_API_TOKEN": "of a test",
            "SIGHTEN_API_RATE": "1000000",
            "SIGHTEN_API_CONCURRENCY": "1",
        }
        there.rest.before = kill
        children.append(subprocess.Popen([sys.executable, "-c", PULL], env=environment, stderr=subprocess.DEVNULL))
        children[0].wait(60)
        landed, calls_before = sum(day.landed for day in there.status()), len(there.api.targets)

        result = there.pull()
        warehouse.publish()

    assert -signal.SIGKILL == children[0].returncode
    assert (2, 2) == (landed, result.landed)
    assert 2 == there.requests(calls_before).count("ops_workflow")
    assert (12, 12, 12) == warehouse.row(
        "select count(*), count(distinct milestone_id), (select count(*) from milestones) from history.milestones"
    )


def test_a_rebuild_gives_the_same_rows_without_the_api(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one"))
        there.deliver(a_milestone("one 1", site=site_of("one"), status="APPROVED"))
        there.pull()
        days = there.status()
    warehouse.publish()
    before = rows_of(warehouse)

    rebuild(warehouse.settings)

    assert before == rows_of(warehouse)
    assert [(1, 3)] == [(day.loaded, day.milestones) for day in days]
    assert days == there.status()


def rows_of(warehouse: Warehouse) -> list[list[tuple[object, ...]]]:
    tables = ("milestones", "tasks", "sub_tasks", "history.site_pulls", "history.site_listings", "ops.snapshots")
    outcomes = warehouse.rows("select landing_id, outcome, kind, subject from ops.deliveries order by landing_id")
    return [outcomes, *(sorted(warehouse.rows(f"from {table}"), key=repr) for table in tables)]


def test_lists_of_tasks_are_complete_unless_they_are_empty(warehouse: Warehouse) -> None:
    tasks = [a_task("kept", sub_tasks=[a_sub_task("a"), a_sub_task("b")]), a_task("gone")]
    with backfilling(warehouse) as there:
        there.deliver(a_milestone("one", tasks=tasks), a_milestone("hidden"))
        there.rest.has("one", a_milestone("one", tasks=[a_task("kept", sub_tasks=[a_sub_task("a")])]))
        there.rest.has("hidden", a_milestone("hidden", tasks=[]))

        there.pull(FIRST, LAST)
        warehouse.publish()

    assert ["hidden task", "kept"] == warehouse.column("select name from tasks order by name")
    assert ["a", "hidden task"] == warehouse.column("select label from sub_tasks order by label")
