"""Thousands of small worlds: however they are split, repeated and rebuilt, the tables are what the oracle finds.

Worlds share no id, so of many in one warehouse each is a case of its own.
"""

import random
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import replay
from test_any_order import a_world, all_rows, expected, found, in_some_dialect

from sighten_warehouse.ops.rebuild import rebuild
from warehouses import Warehouse

Deliveries = list[dict[str, Any]]
Tables = dict[str, dict[str, Any]]


def wrong(worlds: dict[str, Deliveries], rows: Tables) -> dict[str, Any]:
    """Of each world that is not as the oracle finds it, what is expected and what is there; and what is in no world."""
    found_wrong: dict[str, Any] = {}
    left = {table: dict(keyed) for table, keyed in rows.items()}
    for name, deliveries in worlds.items():
        told: Tables = expected(replay(deliveries))
        there = {table: {key: left[table].pop(key) for key in told[table] if key in left[table]} for table in told}
        if told != there:
            found_wrong[name] = {"expected": told, "found": there}
    return found_wrong | ({"in no world": left} if any(left.values()) else {})


def shuffled_together(chance: random.Random, worlds: dict[str, Deliveries]) -> Deliveries:
    """All deliveries; those of one world stay in the order in which they are received."""
    turns = [name for name, deliveries in worlds.items() for _ in deliveries]
    chance.shuffle(turns)
    left = {name: iter(deliveries) for name, deliveries in worlds.items()}
    return [next(left[name]) for name in turns]


def land_in_batches(chance: random.Random, warehouse: Warehouse, deliveries: Deliveries) -> None:
    """In any number of landing files and batches, some of them before and some after a rebuild."""
    cuts = sorted(chance.sample(range(1, len(deliveries)), k=min(chance.randint(0, 5), len(deliveries) - 1)))
    for start, end in zip([0, *cuts], [*cuts, len(deliveries)], strict=True):
        warehouse.land(*(in_some_dialect(chance, one) for one in deliveries[start:end]))
        chance.choice([warehouse.load, warehouse.load, lambda: None, lambda: rebuild(warehouse.settings)])()
    warehouse.load()


def check(seed: int, *, count: int) -> None:
    chance = random.Random(seed)
    worlds = {f"{seed}.{number}": a_world(chance, f"{seed}.{number}") for number in range(count)}
    with TemporaryDirectory() as home, closing(Warehouse(Path(home))) as warehouse:
        land_in_batches(chance, warehouse, shuffled_together(chance, worlds))
        warehouse.publish()
        incremental = all_rows(warehouse)

        rebuild(warehouse.settings)

        assert {} == wrong(worlds, found(warehouse))
        assert incremental == all_rows(warehouse)
        assert [] == warehouse.rows("from ops.checks where check_name like 'grain_of%' and findings > 0")


@settings(max_examples=2)
@given(seed=st.integers(0, 2**64))
def test_any_world_in_any_batches_is_what_the_oracle_finds_and_a_rebuild_changes_no_row(seed: int) -> None:
    check(seed, count=250)


@pytest.mark.big
@settings(max_examples=16)
@given(seed=st.integers(0, 2**64))
def test_so_are_thousands_more(seed: int) -> None:
    check(seed, count=250)


@pytest.mark.big
def test_so_are_many_worlds_together() -> None:
    check(2018, count=4_000)
