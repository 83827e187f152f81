"""The doorbell on a real landing: it fires while something is pending, and survives errors."""

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


async def collect(
    doorbell: LandingDoorbell, *, times: int = 1, after: Callable[[], object] = lambda: None
) -> list[Any]:
    """The payloads of the next events; calls `after` once the doorbell runs."""
    events = doorbell.run()
    first = asyncio.ensure_future(anext(events))
    await asyncio.to_thread(after)
    collected = [await first, *[await anext(events) for _ in range(times - 1)]]
    await events.aclose()
    return [event.payload for event in collected]


def listen(doorbell: LandingDoorbell, **options: Any) -> list[Any]:
    return asyncio.run(asyncio.wait_for(collect(doorbell, **options), SECONDS))


def test_it_fires_for_a_landing_file_that_no_commit_names(land: Land) -> None:
    land()

    payloads = listen(impatient())

    assert [{"pending": 1}] == payloads


def test_it_fires_again_while_something_is_pending(land: Land) -> None:
    land()

    payloads = listen(impatient(), times=3)

    assert [{"pending": 1}] * 3 == payloads


def test_it_fires_for_more_files_before_the_repeat_interval(land: Land) -> None:
    land()

    async def collect_two() -> list[Any]:
        events = LandingDoorbell(poll_seconds=0.01, pause_seconds=0.01, repeat_seconds=10 * SECONDS).run()
        first = await anext(events)
        await asyncio.to_thread(land)
        second = await anext(events)
        await events.aclose()
        return [first.payload, second.payload]

    payloads = asyncio.run(asyncio.wait_for(collect_two(), SECONDS))

    assert [{"pending": 1}, {"pending": 2}] == payloads


def test_it_waits_for_a_landing_folder(settings: Settings, land: Land) -> None:
    assert not settings.layout.landing.exists()

    payloads = listen(impatient(), after=land)

    assert [{"pending": 1}] == payloads


def test_it_does_not_fire_for_loaded_files(settings: Settings, land: Land) -> None:
    land()
    load.load(settings)

    payloads = listen(impatient(), after=land)

    assert [{"pending": 1}] == payloads


def test_it_goes_on_after_an_error_and_logs_it(settings: Settings, land: Land) -> None:
    land()
    damaged = settings.layout.commits / "damaged.json"
    damaged.parent.mkdir(parents=True)
    damaged.write_text("{")

    with capture_logs() as logs:

        def repair_once_reported() -> None:
            wait_until(lambda: bool(logs), what="the report of the error", seconds=SECONDS, every=0.01)
            damaged.unlink()

        payloads = listen(impatient(), after=repair_once_reported)

    assert [{"pending": 1}] == payloads
    assert ("doorbell_failed", "LakeError") == (logs[0]["event"], logs[0]["kind"])
    assert "damaged.json" in logs[0]["error"]


def test_the_triggerer_can_recreate_it() -> None:
    path, arguments = LandingDoorbell(poll_seconds=2.0, pause_seconds=3.0, repeat_seconds=7.0).serialize()
    recreated = import_string(path)(**arguments)

    assert (2.0, 3.0, 7.0) == (recreated.poll_seconds, recreated.pause_seconds, recreated.repeat_seconds)
