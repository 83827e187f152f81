"""Every variant of what is not known of Sighten's API."""

from typing import Any

import pytest

from asgi_calls import ask
from sighten_simulator.api.app import Conduct, build_sighten
from sighten_simulator.api.unknowns import Unknowns
from sighten_simulator.world.lives import Simulation, lives

UNKNOWN = "00000000-0000-4000-8000-000000000000"
SENTINEL = "SIGNED_BASELINE_NONEXISTANT"


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return lives(4, 150)


def _asked(simulation: Simulation, path: str, *, unknowns: Unknowns, **params: str) -> tuple[int, Any]:
    answer = ask(build_sighten(simulation, Conduct(unknowns=unknowns), storage_url="").api, path, **params)
    return answer.status, answer.json() if answer.body else answer.headers


def _s_quote_id(simulation: Simulation, quote_id: str, **unknowns: Any) -> tuple[int, Any]:
    path = "/api/data/workflow/"
    status, body = _asked(simulation, path, unknowns=Unknowns(**unknowns), metrics="s_quote_id", quote_id=quote_id)
    return status, body.get("data")


def test_the_signed_quote_may_come_in_a_list(simulation: Simulation) -> None:
    site = next(site for site in simulation.sites if site.re_signs)

    answer = _s_quote_id(simulation, site.quote_id, quotes_of_workflow="list")

    assert (200, [{"s_quote_id": [site.signed_quote_id]}]) == answer


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
def test_not_signed_yet_has_several_forms(simulation: Simulation, not_signed: str, expected: Any) -> None:
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
def test_a_quote_nobody_knows_has_several_forms(simulation: Simulation, unknown_quote: str, expected: Any) -> None:
    assert expected == _s_quote_id(simulation, UNKNOWN, unknown_quote=unknown_quote)


@pytest.mark.parametrize(
    ("refusal", "status", "inside", "data"),
    [("all", 200, 400, False), ("metric", 200, 200, True), ("400", 400, 400, False)],
)
def test_a_refused_metric_costs_itself_or_all(
    simulation: Simulation, refusal: Any, status: int, inside: int, data: Any
) -> None:
    site = simulation.sites[0]
    unknowns = Unknowns(refusal=refusal, refused=frozenset({"financing_fees"}))

    got, body = _asked(
        simulation, f"/api/data/quote/{site.quote_id}/", unknowns=unknowns, metrics="quote_id,financing_fees"
    )

    assert (status, inside) == (got, body["status_code"])
    assert ["Metric 'financing_fees' does not exist."] == body["messages"]["error"]
    assert ([{"quote_id": site.quote_id}] if data else []) == body["data"]


@pytest.mark.parametrize(
    ("slashes", "with_slash", "without"),
    [("either", 200, 200), ("with", 200, 404), ("without", 404, 200), ("redirect", 200, 301)],
)
def test_a_slash_at_the_end_may_matter(simulation: Simulation, slashes: Any, with_slash: int, without: int) -> None:
    unknowns = Unknowns(slashes=slashes)

    there, _ = _asked(simulation, "/api/v1/site/", unknowns=unknowns)
    elsewhere, headers = _asked(simulation, "/api/v1/site", unknowns=unknowns, page="1")

    assert (with_slash, without) == (there, elsewhere)
    assert slashes != "redirect" or headers["location"].endswith("/api/v1/site/?page=1")


def test_a_page_of_the_dal_may_be_shorter_than_asked_for(simulation: Simulation) -> None:
    expected = ["the sample's", *(site.site_id for site in simulation.sites)][2:4]

    _, body = _asked(
        simulation, "/api/data/site/", unknowns=Unknowns(most_rows=2), metrics="site_id", limit="100", page="2"
    )

    assert expected == [row["site_id"] for row in body["data"]]


def test_proposals_and_systems_can_be_asked_about_by_their_ids(simulation: Simulation) -> None:
    metrics, unknowns = "proposal_id,quote_id,array_tilt", Unknowns()
    _, listed = _asked(simulation, "/api/data/proposal/", unknowns=unknowns, metrics=metrics)
    row = listed["data"][0]

    _, by_id = _asked(
        simulation, "/api/data/proposal/", unknowns=unknowns, metrics=metrics, proposal_id=row["proposal_id"]
    )
    _, systems = _asked(
        simulation, "/api/data/system/", unknowns=unknowns, metrics="system_id", quote_id=row["quote_id"]
    )
    _, by_system = _asked(simulation, "/api/data/system/", unknowns=unknowns, metrics="quote_id", **systems["data"][0])

    assert [row] == by_id["data"]
    assert isinstance(row["proposal_id"], str)
    assert [{"quote_id": row["quote_id"]}] == by_system["data"]
