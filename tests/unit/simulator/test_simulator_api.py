"""The simulated API over real HTTP: tokens, what does not exist, lists and their pages."""

from collections.abc import Callable, Iterator

import pytest
import requests

from sighten_simulator.api.app import build_api
from sighten_simulator.serve import served
from sighten_simulator.world.lives import Simulation, build_simulation

MILESTONES = 150
SAMPLE_MILESTONE = "7a605ec8-d276-4d6c-bd47-52a483e28783"
SAMPLE_DOCUMENT = "189bd7c0-2e6f-45cb-a00e-33ca4fe297d2"
TOKEN = "the-only-token"  # noqa: S105  (of a server that lives as long as a test)
UNKNOWN = "00000000-0000-4000-8000-000000000000"

Get = Callable[..., requests.Response]


def _getter(address: str, token: str | None = TOKEN) -> Get:
    def get(path: str, **params: str) -> requests.Response:
        headers = {"Authorization": f"Token {token}"} if token else {}
        url = path if path.startswith("http") else address + path
        return requests.get(url, params=params, headers=headers, timeout=10)

    return get


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(4, MILESTONES)


@pytest.fixture(scope="module")
def address(simulation: Simulation) -> Iterator[str]:
    with served(build_api(simulation, token=TOKEN)) as address:
        yield address


@pytest.fixture(scope="module")
def get(address: str) -> Get:
    return _getter(address)


@pytest.mark.parametrize(
    "path", ["/api/v1/site", "/api/data/quote/x/", f"/api/v1/document/{SAMPLE_DOCUMENT}/download/", "/api/nothing"]
)
def test_a_request_without_the_right_token_is_refused_with_401(address: str, path: str) -> None:
    none, wrong = _getter(address, None)(path), _getter(address, "another")(path)

    assert 401 == none.status_code == wrong.status_code
    assert {"detail"} == set(none.json()) == set(wrong.json())


def test_without_a_configured_token_any_token_is_valid_but_none_is_not() -> None:
    with served(build_api(build_simulation(4, 0))) as address:
        any_token, none = _getter(address, "whatever")("/api/v1/site"), _getter(address, None)("/api/v1/site")

    assert 200 == any_token.status_code
    assert 401 == none.status_code


def test_health_needs_no_token(address: str) -> None:
    assert 200 == _getter(address, None)("/healthz").status_code


@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/v2/site", "/api/data/nothing/", f"/api/data/quote/{UNKNOWN}/"]
)
def test_what_does_not_exist_is_a_404_with_a_detail(get: Get, path: str) -> None:
    response = get(path)

    assert 404 == response.status_code
    assert {"detail": "Not found."} == response.json()


@pytest.mark.parametrize("name", ["site", "project", "ops_workflow", "milestone", "task", "sub_task"])
def test_every_list_has_pages_of_25_with_and_without_a_slash(get: Get, name: str) -> None:
    with_slash, without = get(f"/api/v1/{name}/").json(), get(f"/api/v1/{name}").json()

    assert {"count", "next", "previous", "results"} == set(with_slash)
    assert with_slash["results"] == without["results"]
    assert min(25, with_slash["count"]) == len(with_slash["results"])
    assert all(row["uuid"] for row in with_slash["results"])


def test_following_next_finds_every_milestone_once(get: Get, address: str, simulation: Simulation) -> None:
    rows, page = [], get("/api/v1/milestone/").json()
    rows += page["results"]
    while page["next"]:
        assert page["next"].startswith(f"{address}/api/v1/milestone/?")
        page = get(page["next"]).json()
        rows += page["results"]

    assert sorted([SAMPLE_MILESTONE, *(life.milestone_id for life in simulation.lives)]) == sorted(
        row["uuid"] for row in rows
    )
    assert page["count"] == len(rows)
    assert page["previous"] is not None


@pytest.mark.parametrize("page", ["0", "999", "x", "-1", "9" * 5000])
def test_a_page_that_is_not_there_is_a_404(get: Get, page: str) -> None:
    assert 404 == get("/api/v1/site/", page=page).status_code


def test_next_keeps_the_filter(get: Get) -> None:
    page = get("/api/v1/project/", archived="false").json()

    assert "archived=false" in page["next"]
    assert 0 == get("/api/v1/project/", archived="true").json()["count"]


def test_two_filters_give_the_rows_that_match_both(get: Get, simulation: Simulation) -> None:
    site, other = simulation.sites[:2]

    same = get("/api/v1/milestone/", workflow_id=site.workflow_id, site_id=site.site_id).json()["count"]
    different = get("/api/v1/milestone/", workflow_id=site.workflow_id, site_id=other.site_id).json()["count"]

    assert (3, 0) == (same, different)


def test_the_chain_from_site_to_sub_task_gives_the_same_as_the_webhook(get: Get, simulation: Simulation) -> None:
    life = simulation.lives[40]

    (workflow,) = get("/api/v1/ops_workflow/", site_id=life.site.site_id).json()["results"]
    milestones = get("/api/v1/milestone/", workflow_id=workflow["uuid"]).json()["results"]
    tasks = get("/api/v1/task/", milestone_id=life.milestone_id).json()["results"]
    sub_tasks = get("/api/v1/sub_task/", task_id=tasks[0]["uuid"]).json()["results"]

    assert life.site.quote_id == workflow["initial_quote"]
    assert life.milestone_id in {row["uuid"] for row in milestones}
    assert [task["uuid"] for task in life.final["tasks"]] == [row["uuid"] for row in tasks]
    assert life.final["tasks"][0]["assigned_to"]["uuid"] == tasks[0]["responsible_user"]
    expected = [sub_task["label"] for sub_task in life.final["tasks"][0]["sub_tasks"]]
    assert expected == [row["label"] for row in sub_tasks]


def test_requests_with_a_refused_text_fail_until_the_refusals_are_cleared(
    address: str, get: Get, simulation: Simulation
) -> None:
    url = f"{address}/simulator/refusals"
    refused, other = (life.site.workflow_id for life in (simulation.lives[0], simulation.lives[-1]))

    refusals = requests.post(url, json={"about": refused, "status": 500}, timeout=10).json()
    statuses = [get("/api/v1/milestone/", workflow_id=name).status_code for name in (refused, other)]
    requests.delete(url, timeout=10)
    afterwards = get("/api/v1/milestone/", workflow_id=refused).status_code
    invalid = requests.post(url, json={"about": refused}, timeout=10)

    assert {refused: 500} == refusals
    assert [500, 200] == statuses
    assert 200 == afterwards
    assert 400 == invalid.status_code
    assert "expected about (text) and status (a number)" in invalid.json()["detail"]
