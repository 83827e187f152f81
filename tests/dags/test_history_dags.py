"""The DAGs that bring in what no webhook delivered, run by Airflow's own `dag.test()` against a simulated Sighten."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import requests
from airflow.sdk.exceptions import AirflowFailException
from airflow.sdk.observability import stats
from airflow.serialization.serialized_objects import DagSerialization

from sighten_airflow.history import day_of, days_compared, tell_day
from sighten_simulator.running import RunningSimulator, running_simulator
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse import load
from sighten_warehouse.backfill import rest as days
from sighten_warehouse.backfill.rest.results import PullResult
from sighten_warehouse.errors import ApiUnavailableError
from sighten_warehouse.settings import Settings

pytestmark = pytest.mark.airflow
Run = Callable[..., dict[str, list[str]]]
TOKEN = {"Authorization": "Token any"}


@pytest.fixture
def sighten(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSimulator]:  # noqa: ARG001  (the home comes first)
    """A Sighten of eight milestones and the vendor's sample, two sites updated on one day, and a connection to it."""
    with running_simulator(build_simulation(36, 8)) as one:
        connection = {"conn_type": "sighten", "host": one.url, "password": "any", "extra": {"rate": 100_000}}
        monkeypatch.setenv("AIRFLOW_CONN_SIGHTEN_DEFAULT", json.dumps(connection))
        yield one


def last_updates(sighten: RunningSimulator) -> dict[str, date]:
    """When each site was last updated."""
    asked = {"metrics": "site_id,site_last_updated"}
    rows = requests.get(f"{sighten.url}/api/data/site/", params=asked, headers=TOKEN, timeout=10).json()["data"]
    return {row["site_id"]: datetime.fromisoformat(row["site_last_updated"]).date() for row in rows}


def busiest_day(sighten: RunningSimulator) -> tuple[date, list[str]]:
    """The day on which most sites were updated, and these."""
    updates = last_updates(sighten)
    day, _ = Counter(updates.values()).most_common(1)[0]
    return day, [site_id for site_id, updated in updates.items() if updated == day]


def walked(sighten: RunningSimulator) -> Counter[str]:
    """How often each site was asked for, which begins with its workflows."""
    asked = [one for one in sighten.journal.requests if one.path.strip("/").endswith("ops_workflow")]
    return Counter(one.params["site_id"] for one in asked)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_a_backfill_has_a_run_for_each_day_and_none_begins_by_itself(dags: dict[str, Any]) -> None:
    dag = DagSerialization.from_dict(DagSerialization.to_dict(dags["backfill_milestones"]))  # as the scheduler reads it

    runs = list(dag.iter_dagrun_infos_between(datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 1, 3, tzinfo=UTC)))
    by_hand = dag.timetable.infer_manual_data_interval(run_after=runs[0].logical_date.add(hours=5))

    assert [date(2018, 1, 1), date(2018, 1, 2), date(2018, 1, 3)] == [run.data_interval.start.date() for run in runs]
    assert runs[0].data_interval == by_hand
    assert dag.timetable.periodic
    assert dag.next_dagrun_info(last_automated_run_info=None) is None
    assert dag.next_dagrun_info(last_automated_run_info=runs[0]) is None


def test_a_run_lands_its_day_and_the_same_run_again_asks_nothing(
    run: Run, settings: Settings, sighten: RunningSimulator
) -> None:
    day, sites = busiest_day(sighten)

    first = run("backfill_milestones", logical_date=at(day))
    asked = walked(sighten)
    second = run("backfill_milestones", logical_date=at(day))

    assert {"run": ["success"], "pull": ["success"]} == first == second
    assert dict.fromkeys(sites, 1) == asked
    assert asked == walked(sighten)
    assert {day} == {one.day for one in days.status(settings) if one.landed}


def test_a_day_of_which_a_site_failed_is_a_failed_run_and_another_one_asks_for_that_site_alone(
    run: Run, settings: Settings, sighten: RunningSimulator, capfd: Any
) -> None:
    day, (lost, landed) = busiest_day(sighten)
    refusals = f"{sighten.url}/simulator/refusals"
    requests.post(refusals, json={"about": lost, "status": 400}, timeout=10)

    first = run("backfill_milestones", logical_date=at(day))
    asked = walked(sighten)
    requests.delete(refusals, timeout=10)
    second = run("backfill_milestones", logical_date=at(day))

    assert {"run": ["failed"], "pull": ["failed"]} == first
    assert f"1 of 2 sites of {day} are landed, 1 failed: refused_with_400" in "".join(capfd.readouterr())
    assert {lost: 1, landed: 1} == asked
    assert {"run": ["success"], "pull": ["success"]} == second
    assert {lost: 2, landed: 1} == walked(sighten)
    assert [(day, 2)] == [(one.day, one.landed) for one in days.status(settings) if one.landed]


def test_a_day_that_the_api_left_is_tried_again_by_airflow() -> None:
    result = PullResult(expected=3, landed=1, left=2, problem="nobody is there")

    with pytest.raises(ApiUnavailableError, match="1 of 3 sites of 2018-01-01 are landed, 2 are left: nobody is there"):
        tell_day(result, day=date(2018, 1, 1))


def test_a_run_without_a_day_says_what_it_expects() -> None:
    with pytest.raises(AirflowFailException, match="expected one of a backfill, or one with a logical date"):
        day_of(None)


def test_a_parameter_that_there_is_none_of_is_refused_at_once() -> None:
    with pytest.raises(AirflowFailException, match=r"expected days, and no other \(got days, dayz\)"):
        days_compared({"days": 7, "dayz": 3})


@pytest.mark.usefixtures("settings")
def test_without_an_api_a_day_fails_since_a_later_backfill_would_pass_over_a_success(run: Run, capfd: Any) -> None:
    states = run("backfill_milestones", logical_date=datetime(2018, 1, 1, tzinfo=UTC))

    assert {"run": ["failed"], "pull": ["failed"]} == states
    assert "no URL of Sighten's API" in "".join(capfd.readouterr())


def test_what_changed_is_compared_and_pulled_and_coverage_is_measured(
    run: Run, settings: Settings, sighten: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauges: dict[str, float] = {}
    monkeypatch.setattr(stats, "gauge", gauges.__setitem__)

    states = run("reconcile_milestones", run_conf={"days": 36_500})
    load.load(settings)

    assert {"run": ["success"], "reconcile": ["success"]} == states
    assert 9 == gauges["sighten.reconcile.changed"]
    assert 0.0 == gauges["sighten.coverage"]
    assert len(last_updates(sighten)) == sum(one.loaded for one in days.status(settings))


@pytest.mark.usefixtures("settings")
def test_without_an_api_nothing_is_compared(run: Run) -> None:
    assert {"run": ["success"], "reconcile": ["skipped"]} == run("reconcile_milestones")
