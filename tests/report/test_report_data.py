"""The report shows the numbers of the marts, and no personal data if it is masked."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from sighten_warehouse.bi.charts import charts
from sighten_warehouse.report.dataset import Dataset, make_dataset
from sighten_warehouse.report.source import ReportSource
from sighten_warehouse.report.timelines import Filters, find, timelines
from sighten_warehouse.report.writing import read_dataset
from sighten_warehouse.settings import Settings
from support.factories import SAMPLE_MILESTONE
from support.shown_world import HOSTILE

SAMPLE_CYCLE_MINUTES = 5 * 1440 + 2 * 60


@pytest.fixture(scope="module")
def dataset(world: Settings) -> Dataset:
    return read_dataset(world)


@pytest.fixture(scope="module")
def source(world: Settings) -> Iterator[ReportSource]:
    with ReportSource(world.layout.warehouse_file, pii="full") as source:
        yield source


def rows(world: Settings, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(world.layout.warehouse_file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def flat(lists: list[list[int] | None]) -> list[int]:
    return sorted(value for group in lists for value in group or [])


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def test_cohorts_add_up_to_the_marts(world: Settings, dataset: Dataset) -> None:
    cohorts = dataset["cohorts"]
    counted = ("milestones", "submitted", "decided", "first_pass", "approved", "rejections", "approvals")

    (expected,) = rows(
        world,
        "select count(*), count(submitted_at), count(first_decision), count(*) filter (first_decision = 'approved'),"
        " count(approved_at), sum(rejections), sum(approvals) from marts.approval_cycles",
    )

    assert expected == tuple(sum(cohorts[name]) for name in counted)


def test_every_time_is_listed_in_minutes(world: Settings, dataset: Dataset) -> None:
    ((closed, opened),) = rows(
        world,
        "select list(round(cycle_seconds / 60) order by cycle_seconds) filter (cycle_seconds is not null),"
        " list(round(open_seconds / 60) order by open_seconds) filter (open_seconds is not null)"
        " from marts.approval_cycles",
    )

    assert closed == flat(dataset["cohorts"]["cycle_minutes"])
    assert opened == pytest.approx(flat(dataset["cohorts"]["open_minutes"]), rel=0, abs=10)  # read minutes later
    assert SAMPLE_CYCLE_MINUTES in closed


def test_what_is_pending_is_listed_by_assignee(world: Settings, dataset: Dataset) -> None:
    ((ages,),) = rows(world, "select list(round(age_seconds / 60) order by age_seconds) from marts.pending_ageing")

    assert ages == pytest.approx(flat(dataset["pending"]["age_minutes"]), rel=0, abs=10)  # read minutes later


def test_deliveries_add_up_to_one_outcome_each(world: Settings, dataset: Dataset) -> None:
    outcomes = dict(rows(world, "select outcome, count(*) from ops.deliveries group by outcome"))

    shown = {name: sum(dataset["deliveries"][name]) for name in outcomes}

    assert {"applied", "superseded", "duplicate", "quarantined"} <= set(outcomes)
    assert outcomes == shown


def test_resigns_agree_with_the_quotes(world: Settings, dataset: Dataset) -> None:
    ((resigned,),) = rows(world, "select count(*) from marts.resigns")

    assert 0 < resigned == sum(dataset["cohorts"]["resigned"])


def test_masked_data_holds_no_names_and_no_texts(world: Settings) -> None:
    personal = {
        text
        for (text,) in rows(
            world,
            "select email from users union select first_name || ' ' || last_name from users"
            " union select email from signers union select first_name || ' ' || last_name from signers"
            " union select commentor_first_name || ' ' || commentor_last_name from comments"
            " union select comment from comments union select name from documents"
            " union select actor from marts.milestone_events union select example from ops.drift",
        )
        if text and text != HOSTILE
    }
    with ReportSource(world.layout.warehouse_file, pii="masked") as source:
        shown = list(texts(make_dataset(source, environment="production", pii="masked", keep=1000)))

    assert len(personal) > 100
    assert [] == [text for text in shown if any(word in text for word in personal)]


def test_in_full_persons_and_texts_are_shown(source: ReportSource) -> None:
    shown = set(texts(timelines(source, [SAMPLE_MILESTONE])))

    assert {"Generic Operations", "Silver-Inspection (Passed).pdf"} <= shown


def test_a_timeline_lists_events_comments_documents_and_deliveries_in_order(source: ReportSource) -> None:
    details = timelines(source, [SAMPLE_MILESTONE])[SAMPLE_MILESTONE]

    assert ["document", "submitted", "approved", "delivery", "delivery"] == [
        event["what"] for event in details["timeline"]
    ]
    assert sorted(event["at_ms"] for event in details["timeline"]) == [event["at_ms"] for event in details["timeline"]]
    assert {"Equipment Delivered", "Inspection Completion"} == {item["task"] for item in details["work"]}


def test_milestones_are_found_by_what_is_chosen(world: Settings, source: ReportSource) -> None:
    expected = rows(
        world,
        "select milestone_id from marts.approval_cycles where name = 'Permit' and rejections > 0"
        " order by rejections desc, milestone_id limit 1",
    )
    (organization_id,) = rows(
        world, f"select organization_id from marts.approval_cycles where milestone_id = '{expected[0][0]}'"
    )[0]

    found = find(source, Filters(text="PERMIT", organization_id=organization_id, state="approved", sort="rejections"))

    assert {organization_id} == {
        one
        for (one,) in rows(
            world,
            f"select organization_id from marts.approval_cycles where milestone_id in"
            f" ({', '.join(repr(row['milestone_id']) for row in found)})",
        )
    }
    assert {"approved"} == {row["state"] for row in found}
    assert sorted((row["rejections"] for row in found), reverse=True) == [row["rejections"] for row in found]
    assert {len(found)} == {row["found"] for row in found}


def test_a_file_keeps_the_milestones_that_wait_longest_and_the_newest(world: Settings, source: ReportSource) -> None:
    oldest = {
        one for (one,) in rows(world, "select milestone_id from marts.pending_ageing order by age_seconds desc limit 4")
    }
    newest = {one for (one,) in rows(world, "select milestone_id from milestones order by watermark_at desc limit 4")}

    kept = {row["milestone_id"] for row in make_dataset(source, environment="production", pii="full", keep=8)["found"]}

    assert len(kept) == 8
    assert oldest | newest <= kept


def test_the_dashboards_of_other_tools_show_the_same_figures_and_no_person(world: Settings, dataset: Dataset) -> None:
    shown = {chart.id: rows(world, chart.sql) for chart in charts()}
    people = {email for (email,) in rows(world, "select email from users where email is not null")}

    assert [] == [name for name, found in shown.items() if not found and name != "publishing"]  # one version
    assert people
    assert people.isdisjoint(value for found in shown.values() for row in found for value in row)
    cohorts, deliveries = dataset["cohorts"], dataset["deliveries"]
    assert [(sum(cohorts["submitted"]),)] == shown["submitted"]
    assert [(sum(cohorts["approved"]),)] == shown["approved"]
    assert [(sum(cohorts["first_pass"]) / sum(cohorts["decided"]),)] == shown["first_pass"]
    assert [(len(flat(dataset["pending"]["age_minutes"])),)] == shown["pending"]
    assert [sum(cohorts[name]) for name in ("milestones", "submitted", "decided", "approved")] == [
        reached for _, reached in shown["funnel"]
    ]
    outcomes = ("applied", "superseded", "duplicate", "ignored", "quarantined")
    assert [sum(deliveries[name]) for name in outcomes] == [
        sum(row[place] for row in shown["outcomes"]) for place in range(1, 6)
    ]
    assert dataset["freshness"]["quarantined"] == sum(count for _, count, _ in shown["quarantine"])
    assert len(dataset["found"]) == len(shown["milestones"])
