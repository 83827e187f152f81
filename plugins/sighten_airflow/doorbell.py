"""The doorbell: a trigger that announces that something landed, never what."""

import asyncio
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

import structlog
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from sighten_warehouse.errors import WarehouseError

log = structlog.get_logger()


def count_pending() -> int:
    """How many landing files no commit names yet; none while the landing does not exist.

    Raises:
        WarehouseError: a setting is ill-formed, or the lake is damaged.
        OSError: the disk does not answer.
    """
    from sighten_warehouse.load.step import pending  # noqa: PLC0415  (heavy, and Airflow imports this file in every process)
    from sighten_warehouse.settings import read_settings  # noqa: PLC0415

    return len(pending(read_settings()))


class LandingDoorbell(BaseEventTrigger):
    """Announces that something is pending, that more is, and again every `repeat_seconds` for as long as something is.

    Between two announcements are at least `pause_seconds`: each may start a run, and a run takes as long.

    Airflow may drop an event while a run is under way, so one announcement is never relied upon: whoever hears it takes
    all that is pending, and the next one tells of what came later. An error is logged and the landing is asked again.
    """

    def __init__(self, *, poll_seconds: float = 1.0, pause_seconds: float = 5.0, repeat_seconds: float = 15.0) -> None:
        super().__init__()
        self.poll_seconds = poll_seconds
        self.pause_seconds = pause_seconds
        self.repeat_seconds = repeat_seconds

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class and the arguments from which the triggerer makes it anew."""
        names = ("poll_seconds", "pause_seconds", "repeat_seconds")
        arguments = {name: getattr(self, name) for name in names}
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event for each announcement; never ends."""
        announced, at = 0, float("-inf")
        while True:
            waiting = await self._count_pending()
            announced = min(announced, waiting)  # what was loaded since
            if waiting and monotonic() >= at + (self.pause_seconds if waiting > announced else self.repeat_seconds):
                announced, at = waiting, monotonic()
                yield TriggerEvent({"pending": waiting})
            await asyncio.sleep(self.poll_seconds)

    async def _count_pending(self) -> int:
        # In a thread: many landing files or a slow disk must not hold up the other triggers.
        try:
            return await asyncio.to_thread(count_pending)
        except (OSError, WarehouseError) as error:
            # Raising would end the trigger, and the triggerer would start it again at once, over and over.
            log.warning("doorbell_failed", error=str(error), kind=type(error).__name__)
            return 0
