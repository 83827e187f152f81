"""DAL pulls: by signed quote, in calls of bounded size, with refused metrics left out."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier
from urllib.parse import parse_qs, urlsplit

import pytest
from msgspec.structs import replace

from sighten_simulator.api.app import SimulatorOptions
from sighten_simulator.api.variants import ApiVariants
from sighten_simulator.running import running_simulator
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.enrich.step import enrich
from sighten_warehouse.publish.step import publish
from sighten_warehouse.settings import Secret
from support.enriching import Enriched, enriching, quote
from support.factories import a_milestone, an_id
from support.scripted_api import Response, json_response
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

SIGNED = an_id("signed quote")


@pytest.fixture
def enriched(warehouse: Warehouse, tmp_path: Path) -> Iterator[Enriched]:
    with enriching(warehouse, dal_metrics=tmp_path / "dal-metrics.yml") as enriched:
        yield enriched


def configure(enriched: Enriched, text: str) -> None:
    Path(enriched.settings["dal_metrics"]).write_text(text)


def deliver(enriched: Enriched, *keys: str) -> None:
    """A milestone for each key, signed on its original quote."""
    enriched.deliver(*(a_milestone(key) for key in keys))
    enriched.sighten.signed = {quote(key): quote(key) for key in keys}


def pulls(enriched: Enriched, since: int = 0) -> list[tuple[str, str, str, str | None]]:
    """Path, metrics, quote and baseline of every pull."""
    found = []
    for target in enriched.api.targets[since:]:
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        if query["metrics"] != "s_quote_id":
            found.append((urlsplit(target).path, query["metrics"], query["quote_id"], query.get("baseline")))
    return found


def test_objects_are_pulled_at_their_path_with_many_metrics_in_a_call_by_the_signed_quote(enriched: Enriched) -> None:
    configure(
        enriched,
        """
        site: [site_id, site_last_updated]
        homeowner: {metrics: [first_name, last_name]}
        usage: {from: site, baseline: signed, metrics: {usage: number}}
        """,
    )
    deliver(enriched, "one")
    enriched.sighten.signed = {quote("one"): SIGNED}

    result = enriched.enrich()

    assert {
        ("/api/data/site/", "site_id,site_last_updated", SIGNED, None),
        ("/api/data/quote/", "first_name,last_name", SIGNED, None),
        ("/api/data/site/", "usage", SIGNED, "signed"),
    } == set(pulls(enriched))
    assert (1, 3, 0) == (result.asked, result.pulled, result.left)


def test_a_value_that_is_not_a_number_does_not_affect_the_others(enriched: Enriched) -> None:
    configure(enriched, "quote: [a, b]")
    deliver(enriched, "one")
    enriched.sighten.signed = {quote("one"): SIGNED}
    enriched.sighten.values = {"a": float("nan"), "b": 7}

    result = enriched.enrich()

    assert (1, 0) == (result.pulled, result.left)
    assert [("a", '"NaN"'), ("b", "7")] == enriched.loaded("dal_values", "metric, value")


def test_only_signed_quotes_are_pulled_and_only_once(enriched: Enriched) -> None:
    configure(enriched, "quote: [a, b]")
    deliver(enriched, "one", "two", "open", "unknown")
    enriched.sighten.signed = {quote("one"): SIGNED, quote("two"): SIGNED, quote("open"): None}

    first = enriched.enrich(load=False)
    calls = len(enriched.api.targets)
    unloaded = enriched.enrich()
    loaded = enriched.enrich()

    assert [SIGNED] == [pull[2] for pull in pulls(enriched)]
    assert (4, 1) == (first.asked, first.pulled)
    assert (0, 0, 0, 0) == (unloaded.asked, unloaded.pulled, loaded.asked, loaded.pulled)
    assert calls == len(enriched.api.targets) == 5


def test_after_a_re_sign_only_the_signed_quote_call_carries_the_original(enriched: Enriched) -> None:
    configure(enriched, "quote: [a]\nsite: [b]")
    deliver(enriched, "one")
    enriched.enrich()
    enriched.sighten.signed = {quote("one"): [SIGNED]}
    enriched.deliver(a_milestone("one", status="APPROVED"))
    before = len(enriched.api.targets)
    enriched.sighten.instead = {quote("one"): Response(503)}

    unanswered = enriched.enrich()
    enriched.sighten.instead = {}
    enriched.enrich()
    enriched.clock.sleep(25 * 3600)
    enriched.enrich()

    assert (0, 1) == (unanswered.pulled, unanswered.left)
    assert {SIGNED} == {pull[2] for pull in pulls(enriched, before)}
    assert 4 == len(pulls(enriched, before))


def test_a_later_delivery_or_the_ttl_makes_a_pull_due_and_a_new_metric_only_itself(enriched: Enriched) -> None:
    configure(enriched, "quote: [a]")
    deliver(enriched, "one", "two")
    enriched.enrich()
    configure(enriched, "quote: [a, b]")

    enriched.enrich()
    added = pulls(enriched)[2:]
    enriched.deliver(a_milestone("one", status="APPROVED"))
    enriched.enrich()
    delivered = pulls(enriched)[4:]
    enriched.clock.sleep(25 * 3600)
    enriched.enrich()

    assert {("b", quote("one")), ("b", quote("two"))} == {pull[1:3] for pull in added}
    assert [("a,b", quote("one"))] == [pull[1:3] for pull in delivered]
    assert {("a,b", quote("one")), ("a,b", quote("two"))} == {pull[1:3] for pull in pulls(enriched)[5:]}


def test_a_ttl_that_ends_during_the_calls_does_not_stop_the_pulls(enriched: Enriched) -> None:
    configure(enriched, "quote: [a]")
    deliver(enriched, "one", "two")
    enriched.sighten.signed = {quote("one"): SIGNED, quote("two"): SIGNED}

    first = enriched.enrich(enrich_ttl_hours=0, api_rate=1)
    enriched.clock.sleep(1)
    second = enriched.enrich(enrich_ttl_hours=0, api_rate=1)

    assert [(2, 1), (2, 1)] == [(result.asked, result.pulled) for result in (first, second)]


def test_a_refused_metric_is_found_once_and_does_not_affect_the_others(enriched: Enriched) -> None:
    configure(enriched, f"quote: [{', '.join(f'm{number}' for number in range(16))}]\nsite: [lone]")
    deliver(enriched, *(f"{number}" for number in range(8)))
    enriched.sighten.unknown = {"m5", "lone"}
    enriched.sighten.values = {f"m{number}": number for number in range(16)}

    result = enriched.enrich()
    again = enriched.enrich(enrich_ttl_hours=1)
    deliver(enriched, "new")
    calls = len(enriched.api.targets)
    later = enriched.enrich()

    requested_alone = Counter(pull[1] for pull in pulls(enriched))
    assert ("quote.m5", "site.lone") == result.refused_metrics
    assert (1, 1) == (requested_alone["m5"], requested_alone["lone"])
    assert (0, 1, ()) == (again.pulled, later.pulled, later.refused_metrics)
    assert {"m5", "lone"}.isdisjoint(name for pull in pulls(enriched, calls) for name in pull[1].split(","))
    answers = Counter(enriched.loaded("dal_values", "answer"))
    assert {("value",): 9 * 15, ("refused",): 2} == answers
    drift = enriched.loaded("drift", "drift, path")
    assert ["data[].lone", "data[].m5"] == [path for kind, path in drift if kind == "refused_metric"]


def test_once_the_refused_metric_is_known_pulls_run_concurrently(enriched: Enriched) -> None:
    configure(enriched, "quote: [a, b, c]")
    deliver(enriched, *(f"{number}" for number in range(5)))
    enriched.sighten.unknown = {"b"}
    two_at_once = Barrier(2)
    enriched.sighten.before = lambda metrics: two_at_once.wait(10) if metrics == ["a", "c"] else None

    result = enriched.enrich()

    assert (5, 0) == (result.pulled, result.left)
    assert not two_at_once.broken


def test_a_quote_that_is_refused_does_not_affect_the_others(enriched: Enriched) -> None:
    configure(enriched, "quote: [a, b]\nworkflow: [c]")
    deliver(enriched, "odd", "one", "two")
    odd = an_id("odd signed quote")
    enriched.sighten.signed[quote("two")] = odd
    enriched.sighten.instead = {odd: json_response({"detail": "No."}, status=400)}
    enriched.sighten.values = {"a": 1, "b": 2, "c": 3}

    result = enriched.enrich()

    assert () == result.refused_metrics
    answers = Counter(enriched.loaded("dal_values", "quote_id, answer"))
    assert {(quote("odd"), "value"): 3, (quote("one"), "value"): 3} == {
        key: count for key, count in answers.items() if key[1] == "value"
    }


def test_a_refusal_that_may_be_about_the_quote_is_tried_with_one_more_quote(enriched: Enriched) -> None:
    configure(enriched, "quote: [a, b]")
    deliver(enriched, *(f"{number}" for number in range(6)))
    enriched.sighten.pulled = json_response({"detail": "No."}, status=400)

    result = enriched.enrich()

    assert ("quote.a", "quote.b") == result.refused_metrics
    assert ["a,b", "a", "b", "a,b"] == [pull[1] for pull in pulls(enriched)]


def test_an_answer_without_values_replaces_earlier_values_and_a_refusal_does_not(enriched: Enriched) -> None:
    configure(enriched, "quote: [gone, none, not_yet, left_out, refused, fewer]")
    deliver(enriched, "one")
    enriched.sighten.values = {name: ["x", "y"] for name in ("gone", "none", "not_yet", "left_out", "refused", "fewer")}
    enriched.enrich()
    enriched.clock.sleep(25 * 3600)
    enriched.sighten.unknown = {"refused"}
    enriched.sighten.values = {"gone": [], "none": None, "not_yet": "APPROVED_BASELINE_NONEXISTANT", "fewer": ["z"]}
    enriched.sighten.omitted = {"left_out"}

    enriched.enrich()
    enriched.warehouse.publish()

    assert [
        ("fewer", 1, '"z"'),
        ("none", 1, None),
        ("refused", 1, '"x"'),
        ("refused", 2, '"y"'),
    ] == enriched.warehouse.rows("select metric, position, value from dal_values order by metric, position")
    assert 12 == enriched.warehouse.value("select count(*) from history.dal_values where value in ('\"x\"', '\"y\"')")


def test_numbers_keep_every_digit(enriched: Enriched) -> None:
    configure(enriched, "quote: [m]")
    deliver(enriched, "one")
    enriched.sighten.pulled = Response(
        200, b'{"data":[{"m":[12345678901234567890.123456789012345, 1.50]}]}', {"Content-Type": "application/json"}
    )

    enriched.enrich()

    assert [(1, "12345678901234567890.123456789012345"), (2, "1.50")] == enriched.loaded(
        "dal_values", "position, value"
    )


def test_the_baseline_comes_from_the_prefix_or_else_from_the_file(enriched: Enriched) -> None:
    configure(enriched, "quote: [x, p_x, s_x, a_x]\nsigned quote: {baseline: approved, metrics: [x, s_x]}")
    deliver(enriched, "one")
    enriched.sighten.values = dict.fromkeys(["x", "p_x", "s_x", "a_x"], 1)

    enriched.enrich()

    assert [
        ("quote", "a_x", "approved"),
        ("quote", "p_x", "proposed"),
        ("quote", "s_x", "signed"),
        ("quote", "x", "live"),
        ("signed quote", "s_x", "signed"),
        ("signed quote", "x", "approved"),
    ] == enriched.loaded("dal_values", "object, metric, baseline")


def test_a_long_list_of_metrics_is_split_into_calls_of_bounded_size(enriched: Enriched) -> None:
    many = [f"metric_{number:03}" for number in range(120)]
    long = [f"{'long_' * 38}{number}" for number in range(20)]
    configure(enriched, f"quote: [{', '.join(many)}]\nsite: [{', '.join(long)}]")
    deliver(enriched, "one")

    enriched.enrich()

    asked = [pull[1].split(",") for pull in pulls(enriched)]
    assert max(len(metrics) for metrics in asked) == 50
    assert max(len(target) for target in enriched.api.targets) < 2000
    assert sorted(many + long) == sorted(name for metrics in asked for name in metrics)
    assert 3 + 3 == len(asked)


def test_a_missing_quote_is_an_answer(enriched: Enriched) -> None:
    configure(enriched, "quote: [a, b]")
    deliver(enriched, "one")
    enriched.sighten.pulled = json_response({"detail": "Not found."}, status=404)

    first, second = enriched.enrich(), enriched.enrich()

    assert (1, 0, ()) == (first.pulled, second.pulled, first.refused_metrics)
    assert [("a", "missing"), ("b", "missing")] == enriched.loaded("dal_values", "metric, answer")


def test_a_baseline_without_rows_does_not_affect_the_metrics_of_another(enriched: Enriched) -> None:
    configure(enriched, "quote: [capacity, a_capacity, fees]")
    deliver(enriched, "one")
    enriched.sighten.values = {"capacity": 1, "fees": 2}
    enriched.sighten.rowless = {"a_capacity"}

    first, second = enriched.enrich(), enriched.enrich()

    assert (1, 0) == (first.pulled, second.pulled)
    assert ["capacity,a_capacity,fees", "capacity,fees", "a_capacity"] == [pull[1] for pull in pulls(enriched)]
    values = enriched.loaded("dal_values", "metric, value")
    assert [("capacity", "1"), ("fees", "2")] == [value for value in values if value[1]]


@pytest.mark.parametrize(
    "variants",
    [
        ApiVariants(quotes_of_workflow="list", not_signed="no_row", refusal="400", slashes="without"),
        ApiVariants(not_signed="empty_list", unknown_quote="404", refusal="metric", slashes="redirect"),
    ],
)
def test_the_simulated_sighten_is_pulled_by_each_signed_quote_for_any_shape_of_answer(
    warehouse: Warehouse, tmp_path: Path, variants: ApiVariants
) -> None:
    (tmp_path / "metrics.yml").write_text("quote: [quote_id, array_tilt, no_such]\nsite: [site_id, a_quote_id]")
    simulation = build_simulation(4, 30)
    warehouse.land(*(life.final for life in simulation.lives))
    warehouse.load()
    sites = {life.site.quote_id: life.site for life in simulation.lives}
    signed = {quote_id: site.signed_quote_id for quote_id, site in sites.items() if site.signed_quote_id}

    with running_simulator(simulation, SimulatorOptions(variants=variants)) as there:
        changed = {"api_url": there.url, "api_token": Secret("any"), "api_rate": 1e6}
        settings = replace(warehouse.settings, **changed | {"dal_metrics": tmp_path / "metrics.yml"})
        result, again = enrich(settings), enrich(settings)
    warehouse.load()
    publish(settings)

    assert (len(sites), len(signed), ("quote.no_such",)) == (result.asked, result.signed, result.refused_metrics)
    assert (0, 0, 0) == (again.asked, again.pulled, result.left)
    assert signed == dict(warehouse.rows("select quote_id, signed_quote_id from quotes where resolution = 'signed'"))
    assert set(signed.values()) == set(warehouse.column("select quote_id from dal_quote"))
    assert set(signed.values()) == set(
        warehouse.column("select signed_quote_id from dal_site where site_id is not null")
    )
    joined = "select count(distinct milestone_id) from milestones inner join dal_site using (signed_quote_id)"
    assert warehouse.value("select count(signed_quote_id) from milestones") == warehouse.value(joined)


def test_an_answer_with_more_pages_is_landed_with_all_of_them(enriched: Enriched) -> None:
    configure(enriched, "quote: [array_count]")
    deliver(enriched, "one")
    rows = ['{"array_count": 1.10}', '{"array_count": 1.10}', '{"array_count": 3}']

    def page(_: list[str]) -> None:
        is_last = enriched.api.targets[-1].endswith("page=2")
        link = "null" if is_last else f'"?metrics=array_count&quote_id={SIGNED}&page=2"'
        data = ",".join(rows[2:] if is_last else rows[:2])
        enriched.sighten.pulled = Response(body=f'{{"data": [{data}], "next": {link}, "status_code": 200}}'.encode())

    enriched.sighten.before = page
    enriched.sighten.signed = {quote("one"): SIGNED}

    result = enriched.enrich()
    again = enriched.enrich()

    assert (1, 0, 0) == (result.pulled, result.left, again.pulled)
    assert [(1, "1.10"), (2, "1.10"), (3, "3")] == enriched.loaded("dal_values", "position, value")


def test_a_quote_that_is_loaded_during_many_pulls_is_asked_about_before_the_rest_of_them(enriched: Enriched) -> None:
    configure(enriched, "quote: [a]")
    deliver(enriched, *(f"old {number}" for number in range(30)))
    enriched.sighten.signed[quote("new")] = quote("new")
    pulled: list[str] = []

    def load_a_new_one(metrics: list[str]) -> None:
        pulled.extend(metrics)
        if len(pulled) == 5:
            enriched.warehouse.take_in(a_milestone("new"))

    enriched.sighten.before = load_a_new_one
    result = enriched.enrich(load=False, api_concurrency=1)

    asked = enriched.requested_since(30).index(quote("new"))
    assert asked <= 10
    assert quote("new") == enriched.requested_since(30)[asked + 1]  # its own pull is the newest
    assert (31, 31, 0) == (result.asked, result.pulled, result.left)
