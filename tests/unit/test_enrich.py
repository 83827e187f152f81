"""Which quote is signed: who is asked about, how often, and what becomes of the answers."""

from collections.abc import Iterator

import pytest
from enriching import Enriched, enriching, quote
from scripted_api import TOKEN, Said, said_json

from factories import a_milestone, a_task_delivery, an_id
from sighten_warehouse.enrich.step import enrich
from sighten_warehouse.errors import AuthenticationError, SettingError
from sighten_warehouse.landing.files import landing_files
from warehouses import Warehouse

ANOTHER = an_id("another quote")


@pytest.fixture
def enriched(warehouse: Warehouse) -> Iterator[Enriched]:
    with enriching(warehouse) as one:
        yield one


def test_every_original_quote_is_asked_once_however_many_milestones_share_it(enriched: Enriched) -> None:
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

    assert {quote("one"), quote("three"), quote("lone")} == set(enriched.asked_since())
    assert f"/api/data/workflow/?metrics=s_quote_id&quote_id={quote('one')}" in enriched.api.targets
    assert {f"Token {TOKEN}"} == {asked.token for asked in enriched.api.asked}
    assert (3, 2, 0, 1, 0) == (result.asked, result.signed, result.not_signed_yet, result.not_found, result.left)
    assert 3 == len(enriched.api.targets)
    assert {ANOTHER} == set(
        enriched.warehouse.column("select signed_quote_id from milestones where quote_id = $1", quote("one"))
    )


def test_a_second_enrich_asks_nothing_whether_or_not_the_answers_were_loaded(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("one"), a_milestone("two"), a_milestone("refused"))
    enriched.sighten.instead = {quote("refused"): said_json({"detail": "No."}, status=400)}

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
    assert [quote("one")] == enriched.asked_since(2)


def test_a_quote_is_asked_about_again_when_the_answer_is_older_than_the_time_to_live(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("one"))
    enriched.enrich()

    enriched.clock.sleep(23.9 * 3600)
    before = enriched.enrich()
    enriched.clock.sleep(0.2 * 3600)
    after = enriched.enrich()

    assert (0, 1) == (before.asked, after.asked)


def test_statuses_limit_it_to_quotes_with_a_milestone_that_has_one_now(enriched: Enriched) -> None:
    enriched.deliver(
        a_milestone("was", status="APPROVED"),
        a_milestone("was", status="REJECTED", at="2025-03-02T12:00:00Z"),
        a_milestone("is", status="REJECTED", quote=quote("shared")),
        a_milestone("other", status="APPROVED", quote=quote("shared")),
        a_task_delivery("t", milestone="unseen", quote=quote("unseen")),
    )

    enriched.enrich(enrich_statuses=("APPROVED", "CLOSED"))

    assert [quote("shared")] == enriched.asked_since()


def test_a_refusal_and_a_missing_quote_are_answers_and_a_refusal_overrides_none(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("told"), a_milestone("gone"))
    enriched.sighten.signed = {quote("told"): ANOTHER, quote("gone"): ANOTHER}
    enriched.enrich()
    enriched.clock.sleep(25 * 3600)
    enriched.sighten.instead = {
        quote("told"): said_json({"status_code": 400, "messages": {"error": ["No."]}}),
        quote("gone"): said_json({"detail": "Not found."}, status=404),
    }

    result = enriched.enrich()
    enriched.warehouse.publish()

    assert (2, 1, 1, 0) == (result.asked, result.refused, result.not_found, result.left)
    assert result.needs_attention
    assert {(quote("told"), ANOTHER, "signed"), (quote("gone"), None, "not_found")} == set(
        enriched.warehouse.rows("select quote_id, signed_quote_id, resolution from quotes")
    )
    assert [("refused_call",)] == enriched.warehouse.rows("select drift from ops.drift where kind = 'signed_quote'")


def test_an_unknown_token_stops_everything_at_once_and_what_was_answered_is_landed(enriched: Enriched) -> None:
    enriched.deliver(*(a_milestone(f"{number}") for number in range(30)))
    enriched.sighten.instead = {quote("20"): said_json({"detail": "Invalid token."}, status=401)}

    with pytest.raises(AuthenticationError, match="SIGHTEN_API_TOKEN"):
        enriched.enrich(api_concurrency=2)
    calls = enriched.asked_since()
    enriched.sighten.instead = {}
    again = enriched.enrich()

    assert quote("29") in calls[:2]
    assert 10 <= len(calls) < 30
    assert 30 - again.asked == len(calls) - 1


def test_what_gets_no_answer_is_left_for_later_and_the_rest_is_kept(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("slow"), a_milestone("quick"))
    enriched.sighten.instead = {quote("slow"): Said(503)}

    first = enriched.enrich()
    enriched.sighten.instead = {}
    second = enriched.enrich()

    assert (1, 1) == (first.asked, first.left)
    assert first.needs_attention
    assert "answered 503" in str(first.problem)
    assert (1, 0, None) == (second.asked, second.left, second.problem)
    assert quote("slow") == enriched.asked_since()[-1]


def test_once_the_api_is_down_the_rest_is_not_asked(enriched: Enriched) -> None:
    enriched.deliver(*(a_milestone(f"{number}") for number in range(40)))
    enriched.sighten.instead = {quote(f"{number}"): Said(503) for number in range(40)}

    result = enriched.enrich(api_concurrency=1)

    assert (0, 40) == (result.asked, result.left)
    assert 10 == len(enriched.api.targets)


def test_answers_are_landed_while_others_are_still_asked_for(
    enriched: Enriched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sighten_warehouse.api.collect.MAX_UNLANDED", 3)
    enriched.deliver(*(a_milestone(f"{number}") for number in range(7)))
    before = len(landing_files(enriched.warehouse.settings.layout.landing))

    enriched.enrich(load=False)

    assert 3 == len(landing_files(enriched.warehouse.settings.layout.landing)) - before


def test_what_came_seconds_ago_is_landed_so_that_a_crash_loses_little(enriched: Enriched) -> None:
    enriched.deliver(*(a_milestone(f"{number}") for number in range(7)))
    before = len(landing_files(enriched.warehouse.settings.layout.landing))

    enriched.enrich(load=False, api_rate=0.5, api_concurrency=1)

    assert 2 == len(landing_files(enriched.warehouse.settings.layout.landing)) - before


def test_without_an_address_it_says_what_is_missing(warehouse: Warehouse) -> None:
    with pytest.raises(SettingError, match="SIGHTEN_API_URL: not set"):
        enrich(warehouse.settings)
