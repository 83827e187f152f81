"""What is loaded while a long backlog is asked about comes next, once it is known to be due."""

from collections.abc import Iterator
from typing import Any

import pytest

from sighten_warehouse.api import collect
from sighten_warehouse.enrich import due_calls
from sighten_warehouse.enrich.due import due_quotes
from support.enriching import Enriched, enriching, quote
from support.factories import a_milestone
from support.warehouses import Warehouse


@pytest.fixture
def enriched(warehouse: Warehouse) -> Iterator[Enriched]:
    with enriching(warehouse) as enriched:
        yield enriched


def test_answers_that_are_loaded_meanwhile_do_not_make_it_look_again(
    enriched: Enriched, monkeypatch: pytest.MonkeyPatch
) -> None:
    enriched.deliver(*(a_milestone(f"old {number}") for number in range(40)))
    looks: list[int] = []

    def count_looks(*arguments: Any, **options: Any) -> list[str]:
        looks.append(len(enriched.api.targets))
        return due_quotes(*arguments, **options)

    monkeypatch.setattr(due_calls, "due_quotes", count_looks)
    monkeypatch.setattr(collect, "MAX_UNLANDED", 5)
    enriched.sighten.asked = lambda _: enriched.warehouse.load()
    result = enriched.enrich(api_concurrency=1)

    assert [0] == looks
    assert (40, 0) == (result.asked, result.left)


def test_a_quote_that_is_loaded_while_old_ones_are_asked_about_is_asked_about_next(enriched: Enriched) -> None:
    enriched.deliver(*(a_milestone(f"old {number}") for number in range(60)))
    asked: list[str] = []

    def load_a_new_one(quote_id: str) -> None:
        asked.append(quote_id)
        if len(asked) == 5:
            enriched.warehouse.take_in(a_milestone("new"))

    enriched.sighten.asked = load_a_new_one
    result = enriched.enrich(load=False, api_concurrency=1)

    assert 61 == result.asked == len(set(asked)) == len(asked)
    assert asked.index(quote("new")) <= 10
    assert (0, None) == (result.left, result.problem)


def test_a_new_quote_is_asked_about_before_its_delivery_is_published(
    enriched: Enriched, monkeypatch: pytest.MonkeyPatch
) -> None:
    enriched.deliver(*(a_milestone(f"old {number}") for number in range(40)))
    enriched.warehouse.publish()
    looks: list[int] = []
    asked: list[str] = []

    def count_looks(*arguments: Any, **options: Any) -> list[str]:
        looks.append(len(asked))
        return due_quotes(*arguments, **options)

    def load_new_ones(quote_id: str) -> None:
        asked.append(quote_id)
        if len(asked) == 5:
            enriched.warehouse.take_in(a_milestone("new"), a_milestone("old 1", status="APPROVED"), a_milestone("new"))

    monkeypatch.setattr(due_calls, "due_quotes", count_looks)
    enriched.sighten.asked = load_new_ones
    result = enriched.enrich(load=False, api_concurrency=1)

    assert [0] == looks
    assert 41 == result.asked == len(set(asked)) == len(asked)
    assert asked.index(quote("new")) <= 10
    assert (0, None) == (result.left, result.problem)


@pytest.mark.parametrize("statuses", [(), pytest.param(("APPROVED", "SUBMITTED"), marks=pytest.mark.deep)])
def test_what_may_not_be_due_is_asked_about_once_it_is_published_or_has_waited_for_that(
    enriched: Enriched, monkeypatch: pytest.MonkeyPatch, statuses: tuple[str, ...]
) -> None:
    if not statuses:  # known quotes, which a repeated delivery would not make due
        enriched.deliver(a_milestone("first"), a_milestone("second"))
        enriched.enrich()
    enriched.deliver(*(a_milestone(f"old {number}") for number in range(60)))
    enriched.warehouse.publish()
    asked: list[str] = []

    def load_more(quote_id: str) -> None:
        asked.append(quote_id)
        if len(asked) == 5:
            enriched.warehouse.take_in(a_milestone("first", status="APPROVED"))
        if len(asked) == 20:
            enriched.warehouse.publish()
        if len(asked) == 35:
            monkeypatch.setattr(due_calls, "UNPUBLISHED_SECONDS", 0)
            enriched.warehouse.take_in(a_milestone("second", status="APPROVED"))

    enriched.sighten.asked = load_more
    result = enriched.enrich(load=False, api_concurrency=1, enrich_statuses=statuses)

    assert 62 == result.asked == len(set(asked)) == len(asked)
    assert 20 <= asked.index(quote("first")) <= 25
    assert 35 <= asked.index(quote("second")) <= 40
