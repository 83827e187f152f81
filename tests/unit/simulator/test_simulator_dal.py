"""The simulated DAL over real HTTP: signed quotes, scalars and lists, baselines, errors inside a 200."""

from collections.abc import Callable, Iterator

import pytest
import requests

from sighten_simulator.api.app import build_api
from sighten_simulator.serve import served
from sighten_simulator.world.lives import Life, Simulation, build_simulation

SAMPLE_QUOTE = "8ba871ae-3282-420c-af3f-ddc41ac50273"
UNKNOWN = "00000000-0000-4000-8000-000000000000"


Get = Callable[..., requests.Response]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(4, 150)


@pytest.fixture(scope="module")
def get(simulation: Simulation) -> Iterator[Get]:
    with served(build_api(simulation)) as address:
        yield lambda path, **params: requests.get(
            address + path, params=params, headers={"Authorization": "Token any"}, timeout=10
        )


def _find_life(simulation: Simulation, matches: Callable[[Life], bool]) -> Life:
    return next(life for life in simulation.lives if matches(life))


def test_the_original_quote_finds_the_signed_quote_of_a_re_sign(get: Get, simulation: Simulation) -> None:
    site = _find_life(simulation, lambda life: life.site.signed_quote_id not in (None, life.site.quote_id)).site

    body = get("/api/data/workflow/", metrics="s_quote_id,quote_id", quote_id=site.quote_id).json()

    assert [{"s_quote_id": site.signed_quote_id, "quote_id": site.quote_id}] == body["data"]
    assert {"warning": [], "error": [], "info": [], "critical": []} == body["messages"]
    assert 200 == body["status_code"]


def test_a_proposal_of_another_quote_is_not_in_the_signed_baseline(get: Get, simulation: Simulation) -> None:
    resigned = (life.site for life in simulation.lives if life.site.signed_quote_id not in (None, life.site.quote_id))
    queries = ({"metrics": "proposal_id", "quote_id": site.quote_id} for site in resigned)
    query, rows = next(
        (query, rows) for query in queries if (rows := get("/api/data/proposal/", **query).json()["data"])
    )

    (row,) = get("/api/data/proposal/", **query, **rows[0], baseline="signed").json()["data"]

    assert {"proposal_id": "SIGNED_BASELINE_NONEXISTANT"} == row


def test_a_quote_that_is_not_signed_gives_the_sentinels(get: Get, simulation: Simulation) -> None:
    site = _find_life(simulation, lambda life: life.site.signed_quote_id is None).site

    (row,) = get("/api/data/workflow", metrics="s_quote_id,a_quote_id,p_quote_id", quote_id=site.quote_id).json()[
        "data"
    ]

    assert "APPROVED_BASELINE_NONEXISTANT" == row["a_quote_id"]
    assert "SIGNED_BASELINE_NONEXISTANT" == row["s_quote_id"]
    assert site.quote_id == row["p_quote_id"]


def test_an_unknown_quote_matches_nothing(get: Get) -> None:
    response = get("/api/data/workflow/", metrics="s_quote_id", quote_id=UNKNOWN)

    assert 200 == response.status_code
    assert [] == response.json()["data"]


def test_a_metric_is_a_scalar_where_it_is_one_to_one_with_the_object_else_a_list(get: Get) -> None:
    metrics = "site_id,quote_id,system_capacity_kw,array_tilt,array_count"

    (by_quote,) = get(f"/api/data/quote/{SAMPLE_QUOTE}/", metrics=metrics).json()["data"]
    (by_site,) = get("/api/data/site/", metrics=metrics, quote_id=SAMPLE_QUOTE).json()["data"]

    assert SAMPLE_QUOTE == by_quote["quote_id"]
    assert by_quote["array_count"] == len(by_quote["array_tilt"])
    assert by_quote["site_id"] == by_site["site_id"]
    assert [by_quote["quote_id"]] == by_site["quote_id"]
    assert [by_quote["system_capacity_kw"]] == by_site["system_capacity_kw"]


def test_a_baseline_is_chosen_by_prefix_or_by_parameter(get: Get, simulation: Simulation) -> None:
    site = _find_life(simulation, lambda life: life.site.signed_quote_id not in (None, life.site.quote_id)).site
    path = f"/api/data/quote/{site.quote_id}/"

    (live,) = get(path, metrics="quote_id,system_capacity_kw").json()["data"]
    (by_prefix,) = get(path, metrics="s_quote_id,s_system_capacity_kw").json()["data"]
    (by_parameter,) = get(path, metrics="quote_id,system_capacity_kw", baseline="signed").json()["data"]

    assert site.quote_id == live["quote_id"]
    assert site.signed_quote_id == by_prefix["s_quote_id"] == by_parameter["quote_id"]
    assert by_prefix["s_system_capacity_kw"] == by_parameter["system_capacity_kw"]


@pytest.mark.parametrize("params", [{"metrics": "quote_id,nothing"}, {}, {"metrics": "quote_id", "baseline": "x"}])
def test_an_invalid_query_of_the_dal_is_an_error_inside_a_200(get: Get, params: dict[str, str]) -> None:
    response = get(f"/api/data/quote/{SAMPLE_QUOTE}/", **params)

    assert 200 == response.status_code
    assert 400 == response.json()["status_code"]
    assert response.json()["messages"]["error"]


def test_the_dal_has_limit_and_page(get: Get, simulation: Simulation) -> None:
    expected = [site.site_id for site in simulation.sites][1:5]

    pages = [get("/api/data/site/", metrics="site_id", limit="3", page=page).json()["data"] for page in ("1", "2")]

    assert expected == [row["site_id"] for page in pages for row in page][2:6]
    assert 400 == get("/api/data/site/", metrics="site_id", limit="0").status_code
