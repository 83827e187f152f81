"""The chain of a re-signed contract, and a rebuild of all API answers without the API."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from sighten_warehouse.ops.rebuild import rebuild
from support.enriching import MOMENT, Enriched, enriching, quote
from support.factories import a_milestone, a_task_delivery, an_id
from support.warehouses import Warehouse

SECOND, THIRD = an_id("second quote"), an_id("third quote")
RE_SIGNED = "2026-11-02T13:00:00Z"


@pytest.fixture(scope="module")
def enriched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enriched]:
    """A contract that is signed three times; a change order announces the second a day before the API is called."""
    metrics = tmp_path_factory.mktemp("metrics") / "dal-metrics.yml"
    metrics.write_text("quote: [capacity, refused]")
    with enriching(Warehouse(tmp_path_factory.mktemp("home")), dal_metrics=metrics) as enriched:
        enriched.sighten.values, enriched.sighten.unknown = {"capacity": [1.50, None]}, {"refused"}
        sign_three_times(enriched)
        yield enriched


def sign_three_times(enriched: Enriched) -> None:
    enriched.deliver(a_milestone("one"))
    enriched.sighten.signed = {quote("one"): quote("one")}
    enriched.enrich()
    enriched.clock.sleep(2 * 24 * 3600)
    enriched.deliver(a_task_delivery("change order", at=RE_SIGNED, quote=quote("one"), new_quote=SECOND))
    enriched.sighten.signed = {quote("one"): SECOND}
    enriched.enrich()
    enriched.clock.sleep(2 * 24 * 3600)
    enriched.sighten.signed = {quote("one"): [THIRD]}
    enriched.enrich()
    enriched.warehouse.publish()


def as_of(enriched: Enriched, moment: datetime) -> list[Any]:
    return enriched.warehouse.column("select signed_quote_id from quotes_as_of($1)", moment)


def test_the_chain_from_the_original_to_now_is_kept_with_its_times(enriched: Enriched) -> None:
    start, re_signed = MOMENT.replace(tzinfo=None), datetime(2026, 11, 2, 13)
    assert [quote("one")] == as_of(enriched, datetime(2000, 1, 1))
    assert [quote("one")] == as_of(enriched, re_signed - timedelta(seconds=1))
    assert [SECOND] == as_of(enriched, re_signed)
    assert [SECOND] == as_of(enriched, start + timedelta(days=4))
    assert (
        [THIRD]
        == as_of(enriched, start + timedelta(days=5))
        == enriched.warehouse.column("select signed_quote_id from milestones")
    )
    assert [("original", None), ("change_order", re_signed)] == enriched.warehouse.rows(
        "select told_by, valid_from_at from history.quote_intervals where position < 3 order by position"
    )


def test_a_new_quote_that_is_not_the_signed_one_is_reported(enriched: Enriched) -> None:
    assert [(1, quote("one"))] == enriched.warehouse.rows(
        "select findings, examples from ops.checks where check_name = 'new_quotes_are_signed'"
    )
    assert [(THIRD, SECOND, False, 2, "api")] == enriched.warehouse.rows(
        "select signed_quote_id, new_quote_id, new_quote_agrees, resigns, told_by from marts.resigns"
    )


def test_a_rebuild_gives_the_same_quotes_and_values_without_an_api(enriched: Enriched) -> None:
    tables = ("main.quotes", "main.dal_values", "history.quotes", "history.dal_values", "history.quote_intervals")
    before = {name: sorted(enriched.warehouse.rows(f"from {name}"), key=repr) for name in tables}
    calls = len(enriched.api.targets)

    rebuild(enriched.warehouse.settings)

    assert before == {name: sorted(enriched.warehouse.rows(f"from {name}"), key=repr) for name in tables}
    assert [3, 9] == [len(before["history.quotes"]), len(before["history.dal_values"])]
    assert calls == len(enriched.api.targets)
