"""History by REST: what is asked, landed, done before, failed and asked again."""

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
from backfilling import FIRST, LAST, RETRY_POLICY, Backfilled, backfilling, item_of, site_of
from scripted_api import ApiRequest, Said, said_json

from factories import a_milestone, a_sub_task, a_task, an_id
from sighten_warehouse.backfill.rest.step import plan_days, pull_day
from sighten_warehouse.errors import AuthenticationError
from sighten_warehouse.landing.files import landing_files, read_raw_lines
from sighten_warehouse.ops.rebuild import rebuild
from warehouses import Warehouse

CHAIN = ["ops_workflow", "milestone", "task", "sub_task"]
BROKEN = Said(500, b"{}")


def three(key: str) -> list[dict[str, object]]:
    """Three milestones of one site: a list of two pages."""
    return [a_milestone(f"{key} {number}", site=site_of(key)) for number in range(3)]


def milestone_of(there: Backfilled, key: str) -> tuple[object, ...]:
    return there.warehouse.row(
        "select name, status, alias, site_id, quote_id, workflow_id, contract_id, assigned_to_user_id, description,"
        " ready_to_submit, task_count from milestones where milestone_id = ?",
        an_id(f"milestone {key}"),
    )


def test_what_rest_tells_becomes_rows_of_the_same_tables_and_what_it_does_not_is_null(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        site_id = there.rest.has("one")

        result = there.pull()
        warehouse.publish()

    workflow_id, user_id = an_id(f"workflow {site_id}"), an_id("user Generic")
    told = ("Construction & Signoff", "SUBMITTED", "CONSTRUCTION", site_id, an_id("quote one"), workflow_id)
    assert (*told, an_id("contract"), user_id, None, None, None) == milestone_of(there, "one")
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
    assert ["status"] == warehouse.column("select path from ops.drift")  # SUBMITTED, which is not documented
    assert [] == warehouse.rows("from ops.checks where findings > 0")


def test_the_items_are_landed_as_they_came_to_the_last_byte(warehouse: Warehouse) -> None:
    milestone = a_milestone("one")
    verbatim = json.dumps(item_of(milestone) | {"rate": 0})[:-2] + '1.50E+3, "odd":  [ 1 ]}'
    with backfilling(warehouse) as there:
        there.rest.has("one", milestone)
        listed = f'{{"count": 1, "next": null, "results": [{verbatim}]}}'.encode()
        there.rest.instead[an_id(f"workflow {site_of('one')}")] = Said(200, listed)

        there.pull()

    landing = warehouse.settings.layout.landing
    lines = [raw for name in landing_files(landing) for raw in read_raw_lines(landing / name)]
    assert 1 == sum(verbatim.encode() in raw for raw in lines)


def test_what_was_landed_since_its_last_update_is_not_asked_for_again(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one"))
        there.rest.has("two")
        first = there.pull(load=False)
        asked = len(there.api.targets)

        unloaded, loaded = there.pull(fresh_list=True), there.pull(fresh_list=True)
        quiet = there.questions(asked)
        there.rest.updated[site_of("two")] = "2018-04-01T00:00:00Z"
        updated = there.pull(fresh_list=True)

    assert (2, 4) == (first.landed, first.milestones)
    assert [(0, 2)] * 2 == [(one.landed, one.done_before) for one in (unloaded, loaded)]
    assert [] == quiet
    assert (1, 1) == (updated.landed, updated.done_before)
    assert CHAIN == there.questions(asked)


def test_a_day_is_pulled_alone_and_its_list_is_asked_for_once(warehouse: Warehouse) -> None:
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
            (one.day, one.expected, one.due) for one in plan
        ]
        assert (2, 2) == (result.landed, again.done_before)
        assert 2 * CHAIN == [urlsplit(target).path.split("/")[-1] for target in there.api.targets[lists:]]
        counts = [
            (one.day.day, one.expected, one.landed, one.loaded, one.failed, one.missing) for one in there.status()
        ]
        assert [(1, 1, 0, 0, 0, 1), (2, 2, 2, 0, 0, 0), (3, 1, 0, 0, 0, 1)] == counts
        warehouse.load()
        assert [0, 2, 0] == [one.loaded for one in there.status()]


def test_a_day_that_nobody_planned_asks_for_the_list_itself_and_only_for_the_sites_that_are_named(
    warehouse: Warehouse,
) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one")
        site_id = there.rest.has("two")

        result = pull_day(
            there.settings, date(2018, 3, 1), sites=[site_id], clock=there.clock, retry_policy=RETRY_POLICY
        )

        assert (1, 1) == (result.expected, result.landed)
        assert [f"site_id={site_id}"] == [one.partition("&")[2] for one in there.api.targets if "/site/" in one]
        assert 4 == len(there.questions())


def test_days_that_are_pulled_at_once_share_one_list(warehouse: Warehouse) -> None:
    days = [date(2018, 3, day) for day in (1, 2, 3)]
    with backfilling(warehouse) as there, ThreadPoolExecutor(len(days)) as pool:
        for day in days:
            there.rest.has(str(day), updated=f"{day}T10:00:00Z")

        results = pool.map(
            lambda day: pull_day(there.settings, day, clock=there.clock, retry_policy=RETRY_POLICY), days
        )

        assert [1, 1, 1] == [one.landed for one in results]
        assert 1 == sum("page=1" in target for target in there.api.targets)


def test_a_page_that_fails_costs_its_site_only_and_retry_takes_that_one(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one"))
        there.rest.has("two")
        there.rest.instead[an_id("milestone one 1")] = BROKEN
        failed = there.pull()
        failed_again = there.retry()
        days = there.status()
        there.rest.instead.clear()
        asked = len(there.api.targets)

        mended = there.retry()

        assert (1, 1) == (failed.landed, failed.failed)
        assert "/api/v1/task: answered 500" in str(failed.problem)
        assert (1, 0, 1) == (failed_again.expected, failed_again.landed, failed_again.failed)
        assert [(2, 1, 1, 0)] == [(one.expected, one.landed, one.failed, one.missing) for one in days]
        assert (1, 0) == (mended.landed, mended.failed)
        assert ["ops_workflow", "milestone", "milestone", "task", "sub_task", "task", "sub_task"] == (
            there.questions(asked)  # but not the first milestone again, which is landed
        )
        assert [(2, 2, 0)] == [(one.expected, one.landed, one.failed) for one in there.status()]
        assert 0 == there.retry().expected

        there.rest.updated[site_of("one")] = "2018-04-01T00:00:00Z"
        plan_days(there.settings, FIRST, LAST, clock=there.clock)

        assert [(0, 0), (0, 1)] == [(one.failed, one.missing) for one in there.status()]


@pytest.mark.parametrize("refusal", [Said(403, b'{"detail": "no"}'), Said(404, b'{"detail": "no"}'), Said(200, b"{}")])
def test_a_site_that_is_refused_or_told_in_another_way_fails_alone(warehouse: Warehouse, refusal: Said) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one")
        there.rest.has("two")
        there.rest.instead[site_of("one")] = refusal

        result = there.pull()

        assert (1, 1, 0) == (result.landed, result.failed, result.left)


def test_a_list_that_gives_fewer_items_than_it_says_is_not_taken_for_whole(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one")
        there.rest.instead[an_id("milestone one")] = said_json({"count": 2, "next": None, "results": []})

        result = there.pull()

        assert "gave 0 items, expected 2" in str(result.problem)


def test_a_token_that_is_not_known_ends_it_and_what_was_landed_stays(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", updated="2018-03-01T00:00:00Z")
        there.rest.has("two", updated="2018-03-02T00:00:00Z")
        there.rest.instead[site_of("two")] = Said(401, b'{"detail": "Invalid token."}')

        with pytest.raises(AuthenticationError):
            there.pull()

        assert [(1, 0, 0), (0, 0, 1)] == [(one.landed, one.failed, one.missing) for one in there.status()]


def test_where_every_site_fails_the_rest_are_left(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        for number in range(30):
            there.rest.instead[there.rest.has(str(number))] = Said(403, b"{}")

        result = there.pull()

        assert (30, 0, 25, 5) == (result.expected, result.landed, result.failed, result.left)


@pytest.mark.parametrize(("status", "is_named"), [(403, False), (404, False), (400, True), (404, True)])
def test_where_the_dal_refuses_the_projects_are_listed(warehouse: Warehouse, status: int, *, is_named: bool) -> None:
    with backfilling(warehouse) as there:
        site_id = there.rest.has("one")
        there.rest.has("two")
        there.rest.instead["site"] = Said(status, b"<html>")

        result = there.pull(sites=[site_id] if is_named else [], fresh_list=True)

        expected = (1, 1) if is_named else (2, 2)
        assert expected == (result.expected, result.landed)


def test_a_site_that_is_not_there_costs_no_list_of_all_projects(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        site_id = there.rest.has("one")
        there.rest.instead[site_id] = Said(404, b'{"detail": "Not found."}')

        result = there.pull(sites=[site_id], fresh_list=True)

        assert 0 == result.expected
        assert [] == there.questions()


def test_an_id_and_a_time_that_come_as_lists_of_one_are_understood_and_none_is_no_drift(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        site_id = there.rest.has("one")
        rows = [
            {"site_id": [site_id], "site_last_updated": ["2018-03-01T10:00:00Z"]},
            {"site_id": an_id("site two"), "site_last_updated": None},
            {"site_id": an_id("site three"), "site_last_updated": []},
        ]
        there.rest.instead["site"] = said_json({"data": rows, "messages": {}, "status_code": 200})

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


def test_one_that_is_stopped_in_the_middle_of_a_site_goes_on_there(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one"), updated="2018-03-01T00:00:00Z")
        there.rest.has("two", updated="2018-03-02T00:00:00Z")
        told: list[int] = []
        stopped = there.pull(
            stop=lambda: there.questions().count("task") >= 2, on_progress=lambda one: told.append(one.landed)
        )
        half, asked = there.questions().count("task"), len(there.api.targets)

        resumed = there.pull()

        assert (True, 0, 2) == (stopped.stopped, stopped.landed, stopped.left)
        assert (2, 2) == (half, resumed.landed)
        assert 3 + 4 + 4 == len(there.questions(asked))  # two milestones of the first site, and all of the second


def test_pulling_side_by_side_lands_the_same(warehouse: Warehouse, tmp_path: Path) -> None:
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


def test_one_that_is_killed_goes_on_where_it_was_and_lands_nothing_twice(warehouse: Warehouse) -> None:
    children: list[subprocess.Popen[bytes]] = []

    def kill(asked: ApiRequest) -> None:
        if children[0].poll() is None and an_id("milestone third 1") in asked.target:
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
        landed, asked = sum(one.landed for one in there.status()), len(there.api.targets)

        result = there.pull()
        warehouse.publish()

    assert -signal.SIGKILL == children[0].returncode
    assert (2, 2) == (landed, result.landed)
    assert 2 == there.questions(asked).count("ops_workflow")
    assert (12, 12, 12) == warehouse.row(
        "select count(*), count(distinct milestone_id), (select count(*) from milestones) from history.milestones"
    )


def test_a_rebuild_gives_the_same_rows_with_the_api_gone(warehouse: Warehouse) -> None:
    with backfilling(warehouse) as there:
        there.rest.has("one", *three("one"))
        there.deliver(a_milestone("one 1", site=site_of("one"), status="APPROVED"))
        there.pull()
        days = there.status()
    warehouse.publish()
    before = rows_of(warehouse)

    rebuild(warehouse.settings)

    assert before == rows_of(warehouse)
    assert [(1, 3)] == [(one.loaded, one.milestones) for one in days]
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
