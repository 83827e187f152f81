"""The backfill and reconcile DAGs, run by Airflow's `dag.test()` against a simulated Sighten."""

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

from sighten_airflow.backfill_runs import report_day, run_day
from sighten_airflow.dag_defaults import days_param
from sighten_simulator.running import RunningSimulator, running_simulator
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse import load
from sighten_warehouse.backfill import rest
from sighten_warehouse.backfill.rest.results import PullResult
from sighten_warehouse.errors import ApiUnavailableError
from sighten_warehouse.settings import Settings

pytestmark = pytest.mark.airflow
Run = Callable[..., dict[str, list[str]]]
TOKEN = {"Authorization": "Token any"}


@pytest.fixture
def sighten(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningSimulator]:  # noqa: ARG001  (creates the home)
    """A simulated Sighten with eight milestones and the vendor's sample, two of them updated on one day."""
    with running_simulator(build_simulation(36, 8)) as simulated:
        connection = {"conn_type": "sighten", "host": simulated.url, "password": "any", "extra": {"rate": 100_000}}
        monkeypatch.setenv("AIRFLOW_CONN_SIGHTEN_DEFAULT", json.dumps(connection))
        yield simulated


def last_updates(sighten: RunningSimulator) -> dict[str, date]:
    """When each site was last updated."""
    query = {"metrics": "site_id,site_last_updated"}
    rows = requests.get(f"{sighten.url}/api/data/site/", params=query, headers=TOKEN, timeout=10).json()["data"]
    return {row["site_id"]: datetime.fromisoformat(row["site_last_updated"]).date() for row in rows}


def busiest_day(sighten: RunningSimulator) -> tuple[date, list[str]]:
    """The day with the most updated sites, and these sites."""
    updates = last_updates(sighten)
    day, _ = Counter(updates.values()).most_common(1)[0]
    return day, [site_id for site_id, updated in updates.items() if updated == day]


def pulls(sighten: RunningSimulator) -> Counter[str]:
    """How often each site was pulled; a pull starts with the site's workflows."""
    calls = [call for call in sighten.journal.requests if call.path.strip("/").endswith("ops_workflow")]
    return Counter(call.params["site_id"] for call in calls)


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def test_a_backfill_has_a_run_for_each_day_and_no_run_is_scheduled(dags: dict[str, Any]) -> None:
    dag = DagSerialization.from_dict(
        DagSerialization.to_dict(dags["sighten_backfill_milestones"])
    )  # as the scheduler reads it

    runs = list(dag.iter_dagrun_infos_between(datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 1, 3, tzinfo=UTC)))
    by_hand = dag.timetable.infer_manual_data_interval(run_after=runs[0].logical_date.add(hours=5))

    assert [date(2018, 1, 1), date(2018, 1, 2), date(2018, 1, 3)] == [run.data_interval.start.date() for run in runs]
    assert [run.data_interval.start for run in runs] == [run.run_after for run in runs]  # Airflow names runs after it
    assert runs[0].data_interval == by_hand
    assert dag.timetable.periodic
    assert dag.next_dagrun_info(last_automated_run_info=None) is None
    assert dag.next_dagrun_info(last_automated_run_info=runs[0]) is None


def test_a_run_lands_its_day_and_a_second_run_pulls_nothing(
    run: Run, settings: Settings, sighten: RunningSimulator
) -> None:
    day, sites = busiest_day(sighten)

    first = run("sighten_backfill_milestones", logical_date=at(day))
    first_pulls = pulls(sighten)
    second = run("sighten_backfill_milestones", logical_date=at(day))

    assert {"run": ["success"], "pull": ["success"]} == first == second
    assert dict.fromkeys(sites, 1) == first_pulls
    assert first_pulls == pulls(sighten)
    assert {day} == {state.day for state in rest.status(settings) if state.landed}


def test_a_failed_site_fails_the_run_and_the_next_run_pulls_only_that_site(
    run: Run, settings: Settings, sighten: RunningSimulator, capfd: Any
) -> None:
    day, (lost, landed) = busiest_day(sighten)
    refusals = f"{sighten.url}/simulator/refusals"
    requests.post(refusals, json={"about": lost, "status": 400}, timeout=10)

    first = run("sighten_backfill_milestones", logical_date=at(day))
    first_pulls = pulls(sighten)
    requests.delete(refusals, timeout=10)
    second = run("sighten_backfill_milestones", logical_date=at(day))

    assert {"run": ["failed"], "pull": ["failed"]} == first
    assert f"1 of 2 sites of {day} are landed, 1 failed: refused_with_400" in "".join(capfd.readouterr())
    assert {lost: 1, landed: 1} == first_pulls
    assert {"run": ["success"], "pull": ["success"]} == second
    assert {lost: 2, landed: 1} == pulls(sighten)
    assert [(day, 2)] == [(state.day, state.landed) for state in rest.status(settings) if state.landed]


def test_airflow_retries_a_day_that_the_api_did_not_finish() -> None:
    result = PullResult(expected=3, landed=1, left=2, problem="nobody is there")

    with pytest.raises(ApiUnavailableError, match="1 of 3 sites of 2018-01-01 are landed, 2 are left: nobody is there"):
        report_day(result, day=date(2018, 1, 1))


def test_a_run_without_a_day_says_what_it_expects() -> None:
    with pytest.raises(AirflowFailException, match="expected a run of a backfill, or one with a logical date"):
        run_day(None)


def test_an_unknown_parameter_is_refused_at_once() -> None:
    with pytest.raises(AirflowFailException, match=r"expected only days \(got days, dayz\)"):
        days_param({"days": 7, "dayz": 3})


@pytest.mark.usefixtures("settings")
def test_without_an_api_a_day_fails_because_a_later_backfill_would_skip_a_success(run: Run, capfd: Any) -> None:
    states = run("sighten_backfill_milestones", logical_date=datetime(2018, 1, 1, tzinfo=UTC))

    assert {"run": ["failed"], "pull": ["failed"]} == states
    assert "no URL of Sighten's API" in "".join(capfd.readouterr())


def test_reconcile_compares_pulls_and_emits_coverage(
    run: Run, settings: Settings, sighten: RunningSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    gauges: dict[str, float] = {}
    monkeypatch.setattr(stats, "gauge", gauges.__setitem__)

    states = run("sighten_reconcile_milestones", run_conf={"days": 36_500})
    load.load(settings)

    assert {"run": ["success"], "reconcile": ["success"]} == states
    assert 9 == gauges["sighten.reconcile.changed"]
    assert 0.0 == gauges["sighten.coverage"]
    assert len(last_updates(sighten)) == sum(state.loaded for state in rest.status(settings))


@pytest.mark.usefixtures("settings")
def test_without_an_api_nothing_is_compared(run: Run) -> None:
    assert {"run": ["success"], "reconcile": ["skipped"]} == run("sighten_reconcile_milestones")
