"""Signed quotes: which are requested, how often, and how the answers are recorded."""

from collections.abc import Iterator

import pytest

from sighten_warehouse.enrich.step import enrich
from sighten_warehouse.errors import AuthenticationError, SettingError
from sighten_warehouse.landing.files import landing_files
from support.enriching import Enriched, enriching, quote
from support.factories import a_milestone, a_task_delivery, an_id
from support.scripted_api import TOKEN, Response, json_response
from support.warehouses import Warehouse

ANOTHER = an_id("another quote")


@pytest.fixture
def enriched(warehouse: Warehouse) -> Iterator[Enriched]:
    with enriching(warehouse) as enriched:
        yield enriched


def test_a_quote_shared_by_milestones_is_requested_once(enriched: Enriched) -> None:
    enriched.deliver(
        a_milestone("one"),
        a_milestone("two", quote=quote("one")),
        a_milestone("three"),
        a_milestone("none", quote=None),
        a_task_delivery("lone", milestone="unseen", quote=quote("lone")),
    )
    enriched.sighten.signed = {quote("one"): ANOTHER, quote("lone"): [quote("lone")]}

    result = enriched.enrich()
    enriched.warehouse.publish()

    assert {quote("one"), quote("three"), quote("lone")} == set(enriched.requested_since())
    assert f"/api/data/workflow/?metrics=s_quote_id&quote_id={quote('one')}" in enriched.api.targets
    assert {f"Token {TOKEN}"} == {request.token for request in enriched.api.requests}
    assert (3, 2, 0, 1, 0) == (result.asked, result.signed, result.not_signed_yet, result.not_found, result.left)
    assert 3 == len(enriched.api.targets)
    assert {ANOTHER} == set(
        enriched.warehouse.column("select signed_quote_id from milestones where quote_id = $1", quote("one"))
    )


def test_a_second_enrich_makes_no_calls_with_or_without_a_load_between(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("one"), a_milestone("two"), a_milestone("refused"))
    enriched.sighten.instead = {quote("refused"): json_response({"detail": "No."}, status=400)}

    first = enriched.enrich(load=False)
    unloaded = enriched.enrich()
    loaded = enriched.enrich()

    assert (3, 1) == (first.asked, first.refused)
    assert (0, 0) == (unloaded.asked, loaded.asked)
    assert 3 == len(enriched.api.targets)


def test_a_later_delivery_of_any_of_its_milestones_makes_a_quote_due_and_a_duplicate_does_not(
    enriched: Enriched,
) -> None:
    first, shared = a_milestone("one"), a_milestone("two", quote=quote("one"))
    enriched.deliver(first, shared, a_milestone("other"))
    enriched.enrich()

    enriched.deliver(shared)
    duplicate = enriched.enrich()
    enriched.deliver(a_task_delivery("t", milestone="two"))
    changed = enriched.enrich()

    assert 0 == duplicate.asked
    assert 1 == changed.asked
    assert [quote("one")] == enriched.requested_since(2)


def test_a_quote_is_requested_again_when_its_answer_is_older_than_the_ttl(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("one"))
    enriched.enrich()

    enriched.clock.sleep(23.9 * 3600)
    before = enriched.enrich()
    enriched.clock.sleep(0.2 * 3600)
    after = enriched.enrich()

    assert (0, 1) == (before.asked, after.asked)


def test_statuses_limit_enrich_to_quotes_with_a_milestone_in_one_of_them(enriched: Enriched) -> None:
    enriched.deliver(
        a_milestone("was", status="APPROVED"),
        a_milestone("was", status="REJECTED", at="2025-03-02T12:00:00Z"),
        a_milestone("is", status="REJECTED", quote=quote("shared")),
        a_milestone("other", status="APPROVED", quote=quote("shared")),
        a_task_delivery("t", milestone="unseen", quote=quote("unseen")),
    )

    enriched.enrich(enrich_statuses=("APPROVED", "CLOSED"))

    assert [quote("shared")] == enriched.requested_since()


def test_refusals_and_missing_quotes_are_answers_and_a_refusal_replaces_no_earlier_one(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("refused"), a_milestone("gone"))
    enriched.sighten.signed = {quote("refused"): ANOTHER, quote("gone"): ANOTHER}
    enriched.enrich()
    enriched.clock.sleep(25 * 3600)
    enriched.sighten.instead = {
        quote("refused"): json_response({"status_code": 400, "messages": {"error": ["No."]}}),
        quote("gone"): json_response({"detail": "Not found."}, status=404),
    }

    result = enriched.enrich()
    enriched.warehouse.publish()

    assert (2, 1, 1, 0) == (result.asked, result.refused, result.not_found, result.left)
    assert result.needs_attention
    assert {(quote("refused"), ANOTHER, "signed"), (quote("gone"), None, "not_found")} == set(
        enriched.warehouse.rows("select quote_id, signed_quote_id, resolution from quotes")
    )
    assert [("refused_call",)] == enriched.warehouse.rows("select drift from ops.drift where kind = 'signed_quote'")


def test_an_unknown_token_stops_enrich_and_earlier_answers_are_landed(enriched: Enriched) -> None:
    enriched.deliver(*(a_milestone(f"{number}") for number in range(30)))
    enriched.sighten.instead = {quote("20"): json_response({"detail": "Invalid token."}, status=401)}

    with pytest.raises(AuthenticationError, match="SIGHTEN_API_TOKEN"):
        enriched.enrich(api_concurrency=2)
    calls = enriched.requested_since()
    enriched.sighten.instead = {}
    again = enriched.enrich()

    # The newest first; of two threads either may be late, so their order at the API does not count.
    assert {quote(f"{number}") for number in range(20, 30)} <= set(calls)
    assert len(calls) < 30
    assert 30 - again.asked == len(calls) - 1


def test_a_call_without_an_answer_stays_due_and_the_others_count(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("slow"), a_milestone("quick"))
    enriched.sighten.instead = {quote("slow"): Response(503)}

    first = enriched.enrich()
    enriched.sighten.instead = {}
    second = enriched.enrich()

    assert (1, 1) == (first.asked, first.left)
    assert first.needs_attention
    assert "answered 503" in str(first.problem)
    assert (1, 0, None) == (second.asked, second.left, second.problem)
    assert quote("slow") == enriched.requested_since()[-1]


def test_once_the_api_is_down_no_further_calls_are_made(enriched: Enriched) -> None:
    enriched.deliver(*(a_milestone(f"{number}") for number in range(40)))
    enriched.sighten.instead = {quote(f"{number}"): Response(503) for number in range(40)}

    result = enriched.enrich(api_concurrency=1)

    assert (0, 40) == (result.asked, result.left)
    assert 10 == len(enriched.api.targets)


def test_answers_are_landed_while_other_calls_are_running(enriched: Enriched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sighten_warehouse.api.collect.MAX_UNLANDED", 3)
    enriched.deliver(*(a_milestone(f"{number}") for number in range(7)))
    before = len(landing_files(enriched.warehouse.settings.layout.landing))

    enriched.enrich(load=False)

    assert 3 == len(landing_files(enriched.warehouse.settings.layout.landing)) - before


def test_answers_are_landed_after_seconds(enriched: Enriched) -> None:
    enriched.deliver(*(a_milestone(f"{number}") for number in range(7)))
    before = len(landing_files(enriched.warehouse.settings.layout.landing))

    enriched.enrich(load=False, api_rate=0.5, api_concurrency=1)

    assert 4 == len(landing_files(enriched.warehouse.settings.layout.landing)) - before


def test_without_an_address_the_missing_setting_is_named(warehouse: Warehouse) -> None:
    with pytest.raises(SettingError, match="SIGHTEN_API_URL: not set"):
        enrich(warehouse.settings)
