"""The simulated time, what each user sees, and the journal of requests."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sighten_simulator.api.app import SimulatorOptions
from sighten_simulator.api.journal import fingerprint
from sighten_simulator.running import RunningSimulator, running_simulator
from sighten_simulator.world.lives import Simulation, build_simulation
from sighten_simulator.world.timestamps import format_time
from sighten_simulator.world.world import Account

EARLY = datetime(2024, 12, 31, tzinfo=UTC)
Get = Callable[..., Any]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(4, 150)


@pytest.fixture(scope="module")
def simulator(simulation: Simulation) -> Iterator[RunningSimulator]:
    accounts = [Account("all"), Account("one", frozenset({simulation.organizations[1].organization_id}))]
    with running_simulator(simulation, SimulatorOptions(accounts=accounts)) as simulator:
        yield simulator


@pytest.fixture
def get(simulator: RunningSimulator) -> Get:
    simulator.journal.clear()

    def get(path: str, *, user: str = "all", **params: str) -> Any:
        headers = {"Authorization": f"Token {user}"}
        response = requests.get(simulator.url + path, params=params, headers=headers, timeout=10)
        return response.json() if response.ok else response.status_code

    return get


@pytest.fixture(autouse=True)
def restored_time(simulator: RunningSimulator) -> Iterator[None]:
    now = simulator.world.now
    yield
    simulator.world.move_to(now)


def _move(simulator: RunningSimulator, **to: Any) -> requests.Response:
    return requests.post(f"{simulator.url}/simulator/time", json=to, timeout=10)


def _signed_quote(get: Get, quote_id: str) -> Any:
    return get("/api/data/workflow/", metrics="s_quote_id", quote_id=quote_id)["data"][0]["s_quote_id"]


def test_after_each_re_sign_the_api_gives_the_next_quote_of_the_chain(
    simulator: RunningSimulator, get: Get, simulation: Simulation
) -> None:
    site = next(
        life.site
        for life in simulation.lives
        if len(life.site.signings) > 2 and life.states[0].since < life.site.signings[1].signed_at
    )

    quotes = []
    for signing in site.re_signs:
        for moment in (signing.signed_at - timedelta(seconds=1), signing.signed_at):
            _move(simulator, now=format_time(moment))
            quotes.append(_signed_quote(get, site.quote_id))

    first, second, third, *_ = (signing.quote_id for signing in site.signings)
    assert site.quote_id == first
    assert [first, second, second, third] == quotes[:4]


def test_the_time_moves_to_a_date_by_days_to_the_next_re_sign_and_to_the_end(simulator: RunningSimulator) -> None:
    _move(simulator, now="2025-06-01T00:00:00")
    by_date = requests.get(f"{simulator.url}/simulator/time", timeout=10).json()
    by_days = _move(simulator, days=1.5).json()
    by_event = _move(simulator, until="next_re_sign").json()
    at_end = _move(simulator, until="end").json()

    assert "2025-06-01T00:00:00Z" == by_date["now"]
    assert "2025-06-02T12:00:00Z" == by_days["now"]
    assert by_days["next_re_sign"] == by_event["now"]
    assert by_days["re_signs_to_come"] - 1 == by_event["re_signs_to_come"] > 0
    assert {"now": at_end["end"], "end": at_end["end"], "re_signs_to_come": 0, "next_re_sign": None} == at_end


@pytest.mark.parametrize("to", [{}, {"now": "soon"}, {"days": "many"}, {"until": "never"}, {"days": 1e300}])
def test_an_invalid_move_is_refused(simulator: RunningSimulator, to: dict[str, Any]) -> None:
    before = simulator.world.now

    response = _move(simulator, **to)

    assert 400 == response.status_code
    assert "expected one of" in response.json()["detail"]
    assert before == simulator.world.now


def test_milestones_and_statuses_follow_the_simulated_time(
    simulator: RunningSimulator, get: Get, simulation: Simulation
) -> None:
    life = next(life for life in simulation.lives if len(life.snapshots) > 2)
    first = life.snapshots[0].event.at

    statuses = []
    for now in (life.states[0].since - timedelta(seconds=1), first - timedelta(seconds=1), first):
        simulator.world.move_to(now)
        rows = get("/api/v1/milestone/", site_id=life.site.site_id)["results"]
        statuses.append([row["status"] for row in rows if row["uuid"] == life.milestone_id])
    simulator.world.move_to(EARLY)

    assert [[], ["INPROG"], ["SUBMITTED"]] == statuses
    assert 1 == get("/api/v1/site/")["count"], "the vendor's sample is from 2018"


def test_site_last_updated_moves_with_milestones_and_with_re_signs(
    simulator: RunningSimulator, get: Get, simulation: Simulation
) -> None:
    site = next(site for site in simulation.sites if site.re_signs)
    lives = [life for life in simulation.lives if life.site.site_id == site.site_id]
    events = {event.at for life in lives for event in life.events}
    moments = sorted(events | {signing.signed_at for signing in site.re_signs})

    updates = []
    for moment in moments:
        simulator.world.move_to(moment)
        (row,) = get("/api/data/site/", metrics="site_id,site_last_updated", site_id=site.site_id)["data"]
        updates.append(datetime.fromisoformat(row["site_last_updated"]))

    assert sorted(set(updates)) == updates
    delays = [moment - updated for moment, updated in zip(moments, updates, strict=True)]
    assert all(timedelta(0) <= delay < timedelta(seconds=1) for delay in delays)


def test_a_user_sees_one_organization_and_the_rest_is_empty_or_404(
    simulator: RunningSimulator, get: Get, simulation: Simulation
) -> None:
    own, other = simulation.organizations[1].organization_id, simulation.organizations[0].organization_id
    hidden = next(life for life in simulation.lives if life.site.organization_id == other)
    document = next(iter(simulator.world.index_for(Account("")).documents.values()))

    sites = get("/api/v1/site/", user="one")

    assert {own} == {row["owned_by_organization"] for row in sites["results"]}
    assert 10 == sites["count"]
    assert 0 == get("/api/v1/ops_workflow/", user="one", site_id=hidden.site.site_id)["count"]
    assert 0 == get("/api/v1/task/", user="one", milestone_id=hidden.milestone_id)["count"]
    assert [] == get("/api/data/workflow/", user="one", metrics="s_quote_id", quote_id=hidden.site.quote_id)["data"]
    assert 404 == get(f"/api/data/quote/{hidden.site.quote_id}/", user="one", metrics="quote_id")
    assert 404 == get(f"/api/v1/document/{document.document_id}/download/", user="one")
    assert 401 == get("/api/v1/site/", user="none")


def test_the_journal_has_callers_paths_and_quotes_but_no_tokens(simulator: RunningSimulator, get: Get) -> None:
    first, second = (life.site.quote_id for life in simulator.world.lives[1:8:6])
    get("/api/data/workflow/", metrics="s_quote_id", quote_id=first)
    get("/api/data/workflow/", user="one", metrics="s_quote_id", quote_id=second)
    get(f"/api/data/quote/{first}", metrics="quote_id,site_id", surname="Ortiz")
    get("/api/v1/site/", user="wrong-token")

    response = requests.get(f"{simulator.url}/simulator/journal", timeout=10)
    journal, calls = response.json(), response.json()["calls"]

    assert 4 == journal["count"]
    assert {first: 1, second: 1} == calls["GET /api/data/workflow/"]["quote_ids"]
    assert {fingerprint("all"): 1, fingerprint("one"): 1} == calls["GET /api/data/workflow/"]["tokens"]
    assert {first: 1} == calls["GET /api/data/quote/{uuid}"]["quote_ids"]
    assert {"metrics": "quote_id,site_id", "surname": "…"} == journal["requests"][2]["params"]
    assert {"401": 1} == calls["GET /api/v1/site/"]["statuses"]
    assert "wrong-token" not in response.text
    assert "Ortiz" not in response.text


def test_the_journal_can_be_cleared(simulator: RunningSimulator, get: Get) -> None:
    get("/api/v1/site/")

    cleared = requests.delete(f"{simulator.url}/simulator/journal", timeout=10).json()

    assert {"count": 0, "credentials_sent_elsewhere": 0, "calls": {}, "requests": []} == cleared


def test_the_page_shows_calls_time_and_credentials_sent_elsewhere(simulator: RunningSimulator, get: Get) -> None:
    get("/api/data/workflow/", metrics="s_quote_id", quote_id=simulator.world.lives[0].site.quote_id)
    requests.get(f"{simulator.storage_url}/files/x", headers={"Authorization": "Token leaked"}, timeout=10)

    page = requests.post(f"{simulator.url}/simulator/time", data={"days": "-30"}, timeout=10).text

    assert "GET /api/data/workflow/" in page
    assert f"{fingerprint('all')}: 1" in page
    assert "1 request sent credentials to the storage host" in page
    assert "2026-06-01 00:00 UTC" in page
    assert "leaked" not in page
