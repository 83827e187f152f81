from random import Random

from prove.actors import ACTORS, Actor
from prove.fates import Fates

LOADER = next(actor for actor in ACTORS if actor.name == "loader")
POINTS = [f"before write in {place}" for place in "abcdef"]


def fates(struck: dict[str, int]) -> Fates:
    return Fates(Random(1), known={f"{LOADER.name}: {point}": times for point, times in struck.items()})


def deaths(drawn: Fates, actor: Actor) -> list[frozenset[str]]:
    faults = (drawn.draw(actor).fault for _ in range(200))
    return [fault.points for fault in faults if fault.strike in ("kill", "terminate")]


def test_runs_die_where_fewer_died_than_elsewhere() -> None:
    drawn = fates(dict(zip(POINTS, (1, 2, 3, 4, 5, 6), strict=True)))

    assert set(deaths(drawn, LOADER)) == {frozenset(POINTS[:3])}


def test_points_that_are_new_come_first_until_they_are_struck() -> None:
    drawn = fates(dict.fromkeys(POINTS[:3], 1))
    for point in POINTS[3:]:
        drawn.reached(LOADER.name, point)

    before = set(deaths(drawn, LOADER))
    for point in POINTS[3:]:
        drawn.strike(LOADER.name, point)

    assert {frozenset(POINTS[3:])} == before
    assert {frozenset(POINTS)} == set(deaths(drawn, LOADER))


def test_any_process_surely_dies_where_none_died_yet() -> None:
    drawn = fates(dict.fromkeys(POINTS, 1))
    drawn.reached("publisher", "before write in g")

    sure = {frozenset(drawn.draw(LOADER).fault.surely) for _ in range(50)}
    drawn.strike("publisher", "before write in g")

    assert frozenset({"before write in g"}) in sure
    assert {frozenset()} == {frozenset(drawn.draw(LOADER).fault.surely) for _ in range(50)}
