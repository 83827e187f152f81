"""The doorbell on a real landing: it rings while something is pending, and survives what may go wrong."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from airflow.sdk._shared.module_loading import import_string
from structlog.testing import capture_logs

from devstack.waiting import wait_until
from sighten_airflow.doorbell import LandingDoorbell
from sighten_warehouse import load
from sighten_warehouse.settings import Settings

pytestmark = pytest.mark.airflow
SECONDS = 60
Land = Callable[..., str]


def impatient() -> LandingDoorbell:
    return LandingDoorbell(poll_seconds=0.01, pause_seconds=0.01, repeat_seconds=0.01)


async def hear(doorbell: LandingDoorbell, *, times: int = 1, after: Callable[[], object] = lambda: None) -> list[Any]:
    """What the doorbell says, so many times, when `after` is done once it is listening."""
    rings = doorbell.run()
    first = asyncio.ensure_future(anext(rings))
    await asyncio.to_thread(after)
    heard = [await first, *[await anext(rings) for _ in range(times - 1)]]
    await rings.aclose()
    return [event.payload for event in heard]


def listen(doorbell: LandingDoorbell, **options: Any) -> list[Any]:
    return asyncio.run(asyncio.wait_for(hear(doorbell, **options), SECONDS))


def test_it_rings_for_a_landing_file_that_no_commit_names(land: Land) -> None:
    land()

    heard = listen(impatient())

    assert [{"pending": 1}] == heard


def test_it_rings_again_for_as_long_as_something_is_pending(land: Land) -> None:
    land()

    heard = listen(impatient(), times=3)

    assert [{"pending": 1}] * 3 == heard


def test_it_rings_for_more_long_before_it_would_ring_again(land: Land) -> None:
    land()

    async def hear_twice() -> list[Any]:
        rings = LandingDoorbell(poll_seconds=0.01, pause_seconds=0.01, repeat_seconds=10 * SECONDS).run()
        first = await anext(rings)
        await asyncio.to_thread(land)
        second = await anext(rings)
        await rings.aclose()
        return [first.payload, second.payload]

    heard = asyncio.run(asyncio.wait_for(hear_twice(), SECONDS))

    assert [{"pending": 1}, {"pending": 2}] == heard


def test_it_waits_for_a_landing_that_does_not_exist_yet(settings: Settings, land: Land) -> None:
    assert not settings.layout.landing.exists()

    heard = listen(impatient(), after=land)

    assert [{"pending": 1}] == heard


def test_it_says_nothing_of_what_is_loaded(settings: Settings, land: Land) -> None:
    land()
    load.load(settings)

    heard = listen(impatient(), after=land)

    assert [{"pending": 1}] == heard


def test_it_goes_on_after_an_error_and_says_which(settings: Settings, land: Land) -> None:
    land()
    damaged = settings.layout.commits / "damaged.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")

    with capture_logs() as logs:

        def repair_once_reported() -> None:
            wait_until(lambda: bool(logs), what="the report of the error", seconds=SECONDS, every=0.01)
            damaged.unlink()

        heard = listen(impatient(), after=repair_once_reported)

    assert [{"pending": 1}] == heard
    assert ("doorbell_failed", "LakeError") == (logs[0]["event"], logs[0]["kind"])
    assert "damaged.json" in logs[0]["error"]


def test_the_triggerer_can_make_it_anew() -> None:
    path, arguments = LandingDoorbell(poll_seconds=2.0, pause_seconds=3.0, repeat_seconds=7.0).serialize()
    anew = import_string(path)(**arguments)

    assert (2.0, 3.0, 7.0) == (anew.poll_seconds, anew.pause_seconds, anew.repeat_seconds)
