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


def test_most_runs_die_at_the_first_point_where_none_died_yet() -> None:
    untried = frozenset(POINTS[3:])
    drawn = fates(dict.fromkeys(POINTS[:3], 2) | dict.fromkeys(POINTS[3:], 0))

    found = deaths(drawn, LOADER)

    assert drawn.untried(LOADER) == untried
    assert all(untried <= points for points in found)
    assert found.count(untried) > len(found) / 2


def test_when_each_point_was_struck_those_of_fewer_deaths_are_next() -> None:
    drawn = fates(dict(zip(POINTS, (1, 2, 3, 4, 5, 6), strict=True)))

    assert drawn.untried(LOADER) == frozenset()
    assert set(deaths(drawn, LOADER)) == {frozenset(POINTS[:3])}


def test_a_point_that_was_struck_is_not_untried_any_more() -> None:
    drawn = fates({})
    drawn.reached(LOADER.name, POINTS[0])
    drawn.reached(LOADER.name, POINTS[1])

    drawn.strike(LOADER.name, POINTS[0])

    assert drawn.untried(LOADER) == {POINTS[1]}


def test_points_where_no_process_died_come_first() -> None:
    drawn = fates(dict.fromkeys(POINTS, 0))
    for point in POINTS[:4]:
        drawn.strike("publisher", point)
    before = drawn.untried(LOADER)

    for point in POINTS[4:]:
        drawn.strike("publisher", point)

    assert (frozenset(POINTS[4:]), frozenset(POINTS)) == (before, drawn.untried(LOADER))


def test_an_actor_that_died_everywhere_leaves_room_for_the_others() -> None:
    drawn = fates(dict.fromkeys(POINTS, 0))
    in_haste = drawn.rest(LOADER, 8.0)
    for point in POINTS:
        drawn.strike(LOADER.name, point)

    assert 0 < in_haste < LOADER.rests * 8.0 < drawn.rest(LOADER, 8.0)
