"""Every variant of the simulated API."""

from typing import Any

import pytest

from sighten_simulator.api.app import SimulatorOptions, build_sighten
from sighten_simulator.api.variants import ApiVariants
from sighten_simulator.world.lives import Simulation, build_simulation
from support.asgi_calls import ask

UNKNOWN = "00000000-0000-4000-8000-000000000000"
SENTINEL = "SIGNED_BASELINE_NONEXISTANT"


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return build_simulation(4, 150)


def _get(simulation: Simulation, path: str, *, variants: ApiVariants, **params: str) -> tuple[int, Any]:
    response = ask(build_sighten(simulation, SimulatorOptions(variants=variants), storage_url="").api, path, **params)
    return response.status, response.json() if response.body else response.headers


def _s_quote_id(simulation: Simulation, quote_id: str, **variants: Any) -> tuple[int, Any]:
    path = "/api/data/workflow/"
    status, body = _get(simulation, path, variants=ApiVariants(**variants), metrics="s_quote_id", quote_id=quote_id)
    return status, body.get("data")


def test_the_signed_quote_may_be_a_list(simulation: Simulation) -> None:
    site = next(site for site in simulation.sites if site.re_signs)

    result = _s_quote_id(simulation, site.quote_id, quotes_of_workflow="list")

    assert (200, [{"s_quote_id": [site.signed_quote_id]}]) == result


@pytest.mark.parametrize(
    ("not_signed", "expected"),
    [
        ("sentinel", (200, [{"s_quote_id": SENTINEL}])),
        ("null", (200, [{"s_quote_id": None}])),
        ("empty_list", (200, [{"s_quote_id": []}])),
        ("no_row", (200, [])),
        ("404", (404, None)),
    ],
)
def test_a_missing_baseline_has_several_forms(simulation: Simulation, not_signed: str, expected: Any) -> None:
    site = next(site for site in simulation.sites if not site.signings)

    assert expected == _s_quote_id(simulation, site.quote_id, not_signed=not_signed)


@pytest.mark.parametrize(
    ("unknown_quote", "expected"),
    [
        ("no_row", (200, [])),
        ("404", (404, None)),
        ("null", (200, [{"s_quote_id": None}])),
        ("sentinel", (200, [{"s_quote_id": SENTINEL}])),
    ],
)
def test_an_unknown_quote_has_several_forms(simulation: Simulation, unknown_quote: str, expected: Any) -> None:
    assert expected == _s_quote_id(simulation, UNKNOWN, unknown_quote=unknown_quote)


@pytest.mark.parametrize(
    ("refusal", "status", "status_in_body", "has_data"),
    [("all", 200, 400, False), ("metric", 200, 200, True), ("400", 400, 400, False)],
)
def test_a_refused_metric_fails_alone_or_fails_the_query(
    simulation: Simulation, refusal: Any, status: int, status_in_body: int, has_data: Any
) -> None:
    site = simulation.sites[0]
    variants = ApiVariants(refusal=refusal, refused=frozenset({"financing_fees"}))

    actual, body = _get(
        simulation, f"/api/data/quote/{site.quote_id}/", variants=variants, metrics="quote_id,financing_fees"
    )

    assert (status, status_in_body) == (actual, body["status_code"])
    assert ["Metric 'financing_fees' does not exist."] == body["messages"]["error"]
    assert ([{"quote_id": site.quote_id}] if has_data else []) == body["data"]


@pytest.mark.parametrize(
    ("slashes", "with_slash", "without"),
    [("either", 200, 200), ("with", 200, 404), ("without", 404, 200), ("redirect", 200, 301)],
)
def test_a_slash_at_the_end_may_matter(simulation: Simulation, slashes: Any, with_slash: int, without: int) -> None:
    variants = ApiVariants(slashes=slashes)

    first, _ = _get(simulation, "/api/v1/site/", variants=variants)
    second, headers = _get(simulation, "/api/v1/site", variants=variants, page="1")

    assert (with_slash, without) == (first, second)
    assert slashes != "redirect" or headers["location"].endswith("/api/v1/site/?page=1")


def test_a_page_of_the_dal_may_be_shorter_than_its_limit(simulation: Simulation) -> None:
    expected = ["the sample's", *(site.site_id for site in simulation.sites)][2:4]

    _, body = _get(
        simulation, "/api/data/site/", variants=ApiVariants(max_rows=2), metrics="site_id", limit="100", page="2"
    )

    assert expected == [row["site_id"] for row in body["data"]]


def test_proposals_and_systems_can_be_filtered_by_their_ids(simulation: Simulation) -> None:
    metrics, variants = "proposal_id,quote_id,array_tilt", ApiVariants()
    _, proposals = _get(simulation, "/api/data/proposal/", variants=variants, metrics=metrics)
    row = proposals["data"][0]

    _, by_id = _get(
        simulation, "/api/data/proposal/", variants=variants, metrics=metrics, proposal_id=row["proposal_id"]
    )
    _, systems = _get(simulation, "/api/data/system/", variants=variants, metrics="system_id", quote_id=row["quote_id"])
    _, by_system = _get(simulation, "/api/data/system/", variants=variants, metrics="quote_id", **systems["data"][0])

    assert [row] == by_id["data"]
    assert isinstance(row["proposal_id"], str)
    assert [{"quote_id": row["quote_id"]}] == by_system["data"]
