"""The state at any time, the intervals and the changes equal those of the oracle."""

import random
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from itertools import groupby, pairwise
from operator import itemgetter
from typing import Any, NamedTuple

import pytest

from support.oracle import Current, Row, replay
from support.warehouses import Warehouse
from support.worlds import TIMES, a_world, expected, in_some_dialect

WORLDS = 40
DELIVERIES = 25
# Before all, when documents were created, each time that deliveries tell, between two of them, and after all.
MOMENTS = sorted(
    [*TIMES, "2025-01-01T00:00:00Z", "2025-03-01T08:00:00Z", "2025-03-03T18:00:00Z", "2099-01-01T00:00:00Z"]
)
ENTITIES = ("milestone", "task", "sub_task", "document")
CHANGING = ENTITIES[:3]  # those of which `ops.changes` tells
PARENTS = {"sub_task": "task", "document": "sub_task"}
# When an interval held and which deliveries tell it; all its other columns are what it was.
NOT_FIELDS = {"landing_id", "landing_ids", "watermarks", "received_at", "valid_from_at", "valid_to_at"}
State = dict[str, str | None]


class Run(NamedTuple):
    """A period without change; None at an end means unbounded."""

    start: str | None
    end: str | None
    landing_id: str
    state: State


@cache
def deliveries() -> list[Row]:
    chance = random.Random(2018)
    made = [payload for number in range(WORLDS) for payload in a_world(chance, str(number), max_deliveries=DELIVERIES)]
    return chance.sample(made, len(made))


@cache
def everything() -> Current:
    return replay(deliveries())


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Shared by all tests; none of them changes it."""
    chance = random.Random(2021)
    warehouse = Warehouse(tmp_path_factory.mktemp("any time"))
    half = len(deliveries()) // 2
    for part in (deliveries()[:half], deliveries()[half:]):
        warehouse.land(*(in_some_dialect(chance, payload) for payload in part))
        warehouse.load()
    warehouse.publish()
    return warehouse


def as_of(warehouse: Warehouse, table: str, moment: str, columns: str) -> list[tuple[Any, ...]]:
    return warehouse.rows(f"select {columns} from {table}_as_of(cast(? as timestamp))", moment.removesuffix("Z"))


def found(warehouse: Warehouse, moment: str) -> dict[str, Any]:
    def rows(table: str, columns: str) -> dict[str, list[Any]]:
        return {key: rest for key, *rest in as_of(warehouse, table, moment, columns)}

    return {
        "milestones": dict(as_of(warehouse, "milestones", moment, "milestone_id, status")),
        "tasks": rows("tasks", "task_id, milestone_id, status"),
        "sub_tasks": rows("sub_tasks", "sub_task_id, task_id, status"),
        "documents": rows("documents", "document_id, sub_task_id, name"),
        "comments": dict(as_of(warehouse, "comments", moment, "comment_id, comment")),
    }


def comments_written_by(moment: str) -> dict[str, str]:
    """The comments written by then, whichever delivery has them."""
    return {key: row["comment"] for key, row in everything().comments.items() if row["timestamp"] <= moment}


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_state_at_a_time_equals_that_of_the_oracle(warehouse: Warehouse, moment: str) -> None:
    then = replay(deliveries(), until=datetime.fromisoformat(moment))

    assert expected(then) | {"comments": comments_written_by(moment)} == found(warehouse, moment)


@pytest.mark.parametrize("table", ["milestones", "tasks", "sub_tasks", "documents", "comments"])
def test_after_the_newest_delivery_the_state_is_the_current_one(warehouse: Warehouse, table: str) -> None:
    columns = ", ".join(column for column, *_ in warehouse.rows(f"describe from {table}_as_of(null)"))

    was = as_of(warehouse, table, MOMENTS[-1], columns)

    assert was
    assert sorted(warehouse.rows(f"select {columns} from main.{table}"), key=repr) == sorted(was, key=repr)


@pytest.fixture(scope="module")
def lives(warehouse: Warehouse) -> dict[str, dict[str, list[Run]]]:
    """The periods of each entity by id, derived from its as-of table at each moment."""
    return {entity: dict(lives_of(warehouse, entity)) for entity in ENTITIES}


def lives_of(warehouse: Warehouse, entity: str) -> Iterator[tuple[str, list[Run]]]:
    columns, listed = fields(warehouse, entity)
    at = [
        {key: (landing_id, dict(zip(columns, (key, *rest), strict=True))) for landing_id, key, *rest in rows}
        for rows in (as_of(warehouse, f"{entity}s", moment, f"landing_id, {listed}") for moment in MOMENTS)
    ]
    for key in {key for rows in at for key in rows}:
        seen = [(*rows.get(key, (None, None)), moment) for rows, moment in zip(at, MOMENTS, strict=True)]
        yield key, list(runs(seen))


def fields(warehouse: Warehouse, entity: str) -> tuple[list[str], str]:
    described = [column for column, *_ in warehouse.rows(f"describe history.{entity}_intervals")]
    columns = [column for column in described if column not in NOT_FIELDS]
    return columns, ", ".join(f"cast({column} as varchar)" for column in columns)


def runs(seen: list[tuple[str | None, State | None, str]]) -> Iterator[Run]:
    """The periods in which it exists unchanged, each with the landing_id that began it."""
    same = [list(group) for _, group in groupby(seen, key=itemgetter(1))]
    starts = [None, *(group[0][2] for group in same[1:]), None]
    for ((landing_id, state, _), *_), (start, end) in zip(same, pairwise(starts), strict=True):
        if landing_id is not None and state is not None:
            yield Run(start, end, landing_id, state)


def time(column: str) -> str:
    return f"strftime({column}, '%Y-%m-%dT%H:%M:%SZ')"


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_interval_lasts_until_the_next_change(
    warehouse: Warehouse, lives: dict[str, dict[str, list[Run]]], entity: str
) -> None:
    _, listed = fields(warehouse, entity)

    intervals = warehouse.rows(
        f"select {time('valid_from_at')}, {time('valid_to_at')}, {listed} from history.{entity}_intervals"
    )

    periods = [(run.start, run.end, *run.state.values()) for life in lives[entity].values() for run in life]
    assert len(periods) > WORLDS
    assert sorted(periods, key=repr) == sorted(intervals, key=repr)


@pytest.mark.parametrize("entity", CHANGING)
def test_the_changes_are_the_differences_between_consecutive_intervals(
    warehouse: Warehouse, lives: dict[str, dict[str, list[Run]]], entity: str
) -> None:
    changes = warehouse.rows(
        f"select entity_id, {time('watermark_at')}, field, old_value, new_value from ops.changes where entity = ?",
        entity,
    )

    differing = [
        (key, after.start, field, before.state[field], value)
        for key, life in lives[entity].items()
        for before, after in pairwise(life)
        for field, value in after.state.items()
        if before.state[field] != value
    ]
    assert len(differing) > WORLDS
    assert sorted(differing, key=repr) == sorted(changes, key=repr)


@pytest.mark.parametrize("entity", ENTITIES)
def test_an_interval_is_opened_by_its_own_delivery_or_by_the_return_of_its_parent(
    warehouse: Warehouse, lives: dict[str, dict[str, list[Run]]], entity: str
) -> None:
    watermarks = dict(warehouse.rows(f"select landing_id, {time('watermark_at')} from ops.snapshots"))
    parent = PARENTS.get(entity, entity)
    parents = {(key, start): landing_id for key, start, landing_id in openings(warehouse, parent)}

    opened = openings(warehouse, entity)

    expected_openings = [
        (key, run.start, run.landing_id if is_own else parents[run.state[f"{parent}_id"], run.start])
        for key, life in lives[entity].items()
        for run in life
        for is_own in [watermarks[run.landing_id] == run.start]
    ]
    assert sorted(expected_openings, key=repr) == sorted(opened, key=repr)


def openings(warehouse: Warehouse, entity: str) -> list[tuple[Any, ...]]:
    return warehouse.rows(f"select {entity}_id, {time('valid_from_at')}, landing_id from history.{entity}_intervals")
