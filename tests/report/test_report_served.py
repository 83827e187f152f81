"""The report as it is served: complete, of the newest version, and to nobody but this machine."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import requests

from sighten_simulator.serve import served
from sighten_warehouse.report.live import LiveReport
from sighten_warehouse.report.server import report_app
from sighten_warehouse.report.timelines import Filters
from sighten_warehouse.settings import Settings, read_settings
from support.factories import SAMPLE_MILESTONE, an_id
from support.shown_world import put_version


@pytest.fixture(scope="module")
def address(world: Settings) -> Iterator[str]:
    report = LiveReport(world)
    with served(report_app(report)) as address:
        yield address
    report.close()


def found(address: str, **query: str | int) -> list[dict[str, object]]:
    answer = requests.get(f"{address}/milestones", {"environment": "production"} | query, timeout=10)
    assert 200 == answer.status_code, answer.text
    return list(answer.json())


def test_the_page_comes_with_a_policy_that_lets_nothing_else_in(address: str) -> None:
    answer = requests.get(address, timeout=10)

    policy = answer.headers["content-security-policy"]
    assert 200 == answer.status_code
    assert {"default-src 'none'", "connect-src 'self'", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert "unsafe" not in policy
    assert "no-store" == answer.headers["cache-control"]


@pytest.mark.parametrize("path", ["", "/milestones?environment=production"])
def test_who_calls_it_by_another_name_gets_nothing(address: str, path: str) -> None:
    answer = requests.get(address + path, headers={"host": "elsewhere.example"}, timeout=10)

    assert 400 == answer.status_code
    assert "Invalid host header" == answer.text


def test_milestones_are_listed_filtered_and_sorted(address: str) -> None:
    waiting = found(address, sort="waiting", state="pending", most=5)

    ages = [row["waiting_seconds"] for row in waiting]
    assert 1 == len(found(address, most=-7))
    assert 5 == len(waiting) < waiting[0]["found"]
    assert sorted(ages, reverse=True) == ages
    assert [SAMPLE_MILESTONE] == [row["milestone_id"] for row in found(address, text=SAMPLE_MILESTONE[:8])]
    assert [] == found(address, organization=an_id("nobody"))


def test_every_milestone_has_its_timeline(address: str) -> None:
    answer = requests.get(f"{address}/milestones/{SAMPLE_MILESTONE}", {"environment": "production"}, timeout=10)

    assert ["submitted", "approved"] == [
        event["what"] for event in answer.json()["timeline"] if event["what"] in ("submitted", "approved")
    ]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/milestones?environment=production&sort=name", 400),
        ("/milestones?environment=production&first=yesterday", 400),
        ("/milestones?environment=production&most=1e9", 400),
        ("/milestones?environment=elsewhere", 404),
        ("/milestones", 404),
        (f"/milestones/{an_id('nothing')}?environment=production", 404),
        ("/milestones/x'%20or%201=1?environment=production", 404),
        (f"/milestones/{SAMPLE_MILESTONE}?environment=elsewhere", 404),
        ("/elsewhere", 404),
    ],
)
def test_what_cannot_be_answered_is_refused(address: str, path: str, status: int) -> None:
    assert status == requests.get(address + path, timeout=10).status_code


def test_a_newer_version_is_shown_on_the_next_request(world: Settings, home: Settings) -> None:
    report = LiveReport(home)
    before = len(report.find("production", Filters()))

    put_version(home, world)

    assert 1 == before < len(report.find("production", Filters()))
    report.close()


def test_a_version_of_incompatible_code_is_reported_and_not_shown(home: Settings) -> None:
    home.layout.warehouse_file.unlink()
    duckdb.connect(str(home.layout.warehouse_file)).close()

    with served(report_app(LiveReport(home))) as address:
        answer = requests.get(address, timeout=10)

    assert 503 == answer.status_code
    assert "publish again with this code" in answer.text


def test_before_the_first_version_the_page_says_so(tmp_path: Path) -> None:
    report = LiveReport(read_settings({"SIGHTEN_HOME": str(tmp_path)}))

    with served(report_app(report)) as address:
        answer = requests.get(address, timeout=10)

    assert 503 == answer.status_code
    assert "There is no report yet" in answer.text
