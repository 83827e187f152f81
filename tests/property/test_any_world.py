"""Thousands of small worlds, split, repeated and rebuilt at random, give the tables of the oracle.

Worlds share no id, so each of many in one warehouse is a case of its own.
"""

import random
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sighten_warehouse.ops.rebuild import rebuild
from support.oracle import replay
from support.warehouses import Warehouse
from support.worlds import a_world, all_rows, expected, found, in_some_dialect

Deliveries = list[dict[str, Any]]
Tables = dict[str, dict[str, Any]]


def wrong(worlds: dict[str, Deliveries], rows: Tables) -> dict[str, Any]:
    """The expected and the found tables of each world that differs, and rows of no world."""
    found_wrong: dict[str, Any] = {}
    remaining = {table: dict(keyed) for table, keyed in rows.items()}
    for name, deliveries in worlds.items():
        tables: Tables = expected(replay(deliveries))
        found = {
            table: {key: remaining[table].pop(key) for key in keyed if key in remaining[table]}
            for table, keyed in tables.items()
        }
        if tables != found:
            found_wrong[name] = {"expected": tables, "found": found}
    return found_wrong | ({"in no world": remaining} if any(remaining.values()) else {})


def shuffled_together(chance: random.Random, worlds: dict[str, Deliveries]) -> Deliveries:
    """All deliveries shuffled; those of one world keep their order."""
    turns = [name for name, deliveries in worlds.items() for _ in deliveries]
    chance.shuffle(turns)
    remaining = {name: iter(deliveries) for name, deliveries in worlds.items()}
    return [next(remaining[name]) for name in turns]


def land_in_batches(chance: random.Random, warehouse: Warehouse, deliveries: Deliveries) -> None:
    """Land in a random number of files and batches, some before and some after a rebuild."""
    cuts = sorted(chance.sample(range(1, len(deliveries)), k=min(chance.randint(0, 5), len(deliveries) - 1)))
    for start, end in zip([0, *cuts], [*cuts, len(deliveries)], strict=True):
        warehouse.land(*(in_some_dialect(chance, payload) for payload in deliveries[start:end]))
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


@settings(max_examples=1)
@given(seed=st.integers(0, 2**64))
def test_any_world_in_any_batches_equals_the_oracle_and_a_rebuild_changes_no_row(seed: int) -> None:
    check(seed, count=250)


@pytest.mark.big
@settings(max_examples=16)
@given(seed=st.integers(0, 2**64))
def test_thousands_more_worlds_equal_the_oracle(seed: int) -> None:
    check(seed, count=250)


@pytest.mark.big
def test_many_worlds_together_equal_the_oracle() -> None:
    check(2018, count=4_000)
