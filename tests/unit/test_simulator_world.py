"""What changes while the simulated lives go on, what each user sees of it, and what is told of who asked."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sighten_simulator.api.app import Conduct
from sighten_simulator.api.journal import fingerprint
from sighten_simulator.running import Running, running
from sighten_simulator.world.chance import written
from sighten_simulator.world.lives import Simulation, lives
from sighten_simulator.world.world import Account

EARLY = datetime(2024, 12, 31, tzinfo=UTC)
Get = Callable[..., Any]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return lives(4, 150)


@pytest.fixture(scope="module")
def there(simulation: Simulation) -> Iterator[Running]:
    accounts = [Account("all"), Account("one", frozenset({simulation.organizations[1].organization_id}))]
    with running(simulation, Conduct(accounts=accounts)) as there:
        yield there


@pytest.fixture
def get(there: Running) -> Get:
    there.journal.clear()

    def get(path: str, *, user: str = "all", **params: str) -> Any:
        headers = {"Authorization": f"Token {user}"}
        answer = requests.get(there.url + path, params=params, headers=headers, timeout=10)
        return answer.json() if answer.ok else answer.status_code

    return get


@pytest.fixture(autouse=True)
def at_the_end(there: Running) -> Iterator[None]:
    now = there.world.now
    yield
    there.world.move_to(now)


def _move(there: Running, **to: Any) -> requests.Response:
    return requests.post(f"{there.url}/simulator/time", json=to, timeout=10)


def _signed(get: Get, quote_id: str) -> Any:
    return get("/api/data/workflow/", metrics="s_quote_id", quote_id=quote_id)["data"][0]["s_quote_id"]


def test_asking_again_after_each_re_sign_gives_the_next_quote_of_the_chain(
    there: Running, get: Get, simulation: Simulation
) -> None:
    site = next(
        life.site
        for life in simulation.lives
        if len(life.site.signings) > 2 and life.states[0].since < life.site.signings[1].signed_at
    )

    answers = []
    for signing in site.re_signs:
        for moment in (signing.signed_at - timedelta(seconds=1), signing.signed_at):
            _move(there, now=written(moment))
            answers.append(_signed(get, site.quote_id))

    first, second, third, *_ = (signing.quote_id for signing in site.signings)
    assert site.quote_id == first
    assert [first, second, second, third] == answers[:4]


def test_time_is_told_and_moved_by_days_to_the_next_re_sign_and_to_the_end(there: Running) -> None:
    _move(there, now="2025-06-01T00:00:00")
    told = requests.get(f"{there.url}/simulator/time", timeout=10).json()
    by_days = _move(there, days=1.5).json()
    by_event = _move(there, until="next_re_sign").json()
    at_end = _move(there, until="end").json()

    assert "2025-06-01T00:00:00Z" == told["now"]
    assert "2025-06-02T12:00:00Z" == by_days["now"]
    assert by_days["next_re_sign"] == by_event["now"]
    assert by_days["re_signs_to_come"] - 1 == by_event["re_signs_to_come"] > 0
    assert {"now": at_end["end"], "end": at_end["end"], "re_signs_to_come": 0, "next_re_sign": None} == at_end


@pytest.mark.parametrize("to", [{}, {"now": "soon"}, {"days": "many"}, {"until": "never"}, {"days": 1e300}])
def test_a_move_that_says_nothing_is_refused(there: Running, to: dict[str, Any]) -> None:
    before = there.world.now

    answer = _move(there, **to)

    assert 400 == answer.status_code
    assert "expected one of" in answer.json()["detail"]
    assert before == there.world.now


def test_milestones_documents_and_statuses_come_as_the_lives_go_on(
    there: Running, get: Get, simulation: Simulation
) -> None:
    life = next(one for one in simulation.lives if len(one.snapshots) > 2)
    first = life.snapshots[0].event.at

    told = []
    for now in (life.states[0].since - timedelta(seconds=1), first - timedelta(seconds=1), first):
        there.world.move_to(now)
        told.append([row["status"] for row in get("/api/v1/milestone/", site_id=life.site.site_id)["results"]
                     if row["uuid"] == life.milestone_id])  # fmt: skip
    there.world.move_to(EARLY)

    assert [[], ["INPROG"], ["SUBMITTED"]] == told
    assert 1 == get("/api/v1/site/")["count"], "the vendor's sample is from 2018"


def test_site_last_updated_moves_with_milestones_and_with_re_signs(
    there: Running, get: Get, simulation: Simulation
) -> None:
    site = next(site for site in simulation.sites if site.re_signs)
    moments = sorted({event.at for life in simulation.lives if life.site.site_id == site.site_id
                      for event in life.events} | {one.signed_at for one in site.re_signs})  # fmt: skip

    told = []
    for moment in moments:
        there.world.move_to(moment)
        (row,) = get("/api/data/site/", metrics="site_id,site_last_updated", site_id=site.site_id)["data"]
        told.append(datetime.fromisoformat(row["site_last_updated"]))

    assert sorted(set(told)) == told
    assert all(timedelta(0) <= moment - one < timedelta(seconds=1) for moment, one in zip(moments, told, strict=True))


def test_a_user_sees_one_organization_and_the_rest_is_empty_or_404(
    there: Running, get: Get, simulation: Simulation
) -> None:
    own, other = simulation.organizations[1].organization_id, simulation.organizations[0].organization_id
    hidden = next(life for life in simulation.lives if life.site.organization_id == other)
    document = next(iter(there.world.seen_by(Account("")).documents.values()))

    sites = get("/api/v1/site/", user="one")

    assert {own} == {row["owned_by_organization"] for row in sites["results"]}
    assert 10 == sites["count"]
    assert 0 == get("/api/v1/ops_workflow/", user="one", site_id=hidden.site.site_id)["count"]
    assert 0 == get("/api/v1/task/", user="one", milestone_id=hidden.milestone_id)["count"]
    assert [] == get("/api/data/workflow/", user="one", metrics="s_quote_id", quote_id=hidden.site.quote_id)["data"]
    assert 404 == get(f"/api/data/quote/{hidden.site.quote_id}/", user="one", metrics="quote_id")
    assert 404 == get(f"/api/v1/document/{document.document_id}/download/", user="one")
    assert 401 == get("/api/v1/site/", user="none")


def test_the_journal_tells_who_asked_what_of_which_quote_and_no_token(there: Running, get: Get) -> None:
    (one, two) = (life.site.quote_id for life in there.world.lives[1:8:6])
    get("/api/data/workflow/", metrics="s_quote_id", quote_id=one)
    get("/api/data/workflow/", user="one", metrics="s_quote_id", quote_id=two)
    get(f"/api/data/quote/{one}", metrics="quote_id,site_id", surname="Ortiz")
    get("/api/v1/site/", user="wrong-token")

    told = requests.get(f"{there.url}/simulator/journal", timeout=10)
    calls = told.json()["calls"]

    assert 4 == told.json()["count"]
    assert {one: 1, two: 1} == calls["GET /api/data/workflow/"]["quote_ids"]
    assert {fingerprint("all"): 1, fingerprint("one"): 1} == calls["GET /api/data/workflow/"]["tokens"]
    assert {one: 1} == calls["GET /api/data/quote/{uuid}"]["quote_ids"]
    assert {"metrics": "quote_id,site_id", "surname": "…"} == told.json()["requests"][2]["params"]
    assert {"401": 1} == calls["GET /api/v1/site/"]["statuses"]
    assert "wrong-token" not in told.text
    assert "Ortiz" not in told.text


def test_the_journal_can_be_emptied(there: Running, get: Get) -> None:
    get("/api/v1/site/")

    emptied = requests.delete(f"{there.url}/simulator/journal", timeout=10).json()

    assert {"count": 0, "credentials_sent_elsewhere": 0, "calls": {}, "requests": []} == emptied


def test_the_page_shows_calls_time_and_credentials_sent_elsewhere(there: Running, get: Get) -> None:
    get("/api/data/workflow/", metrics="s_quote_id", quote_id=there.world.lives[0].site.quote_id)
    requests.get(f"{there.storage_url}/files/x", headers={"Authorization": "Token leaked"}, timeout=10)

    page = requests.post(f"{there.url}/simulator/time", data={"days": "-30"}, timeout=10).text

    assert "GET /api/data/workflow/" in page
    assert f"{fingerprint('all')}: 1" in page
    assert "1 requests brought credentials to the storage host" in page
    assert "2026-06-01 00:00 UTC" in page
    assert "leaked" not in page
