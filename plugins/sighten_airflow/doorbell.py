"""The doorbell: a trigger that signals that something landed, but carries no data."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from time import monotonic
from typing import Any

import structlog
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

from sighten_warehouse.errors import WarehouseError

log = structlog.get_logger()


def count_pending(tenant: str | None) -> int:
    """Count the landing files of the tenant that no commit names yet; 0 while there is no landing folder.

    Raises:
        WarehouseError: a setting is invalid, or the lake is damaged.
        OSError: the disk cannot be read.
    """
    from sighten_warehouse.load.step import pending  # noqa: PLC0415  (heavy, and Airflow imports this file in every process)
    from sighten_warehouse.settings import read_settings  # noqa: PLC0415

    return len(pending(read_settings(tenant=tenant)))


def _pause(seconds: float) -> float:
    from sighten_warehouse.remotes import pause_of  # noqa: PLC0415  (as above)
    from sighten_warehouse.settings import read_settings  # noqa: PLC0415

    return pause_of(read_settings().layout.root, seconds)


class LandingDoorbell(BaseEventTrigger):
    """Fires when landing files become pending, when more do, and every `repeat_seconds` while any is pending.

    At least `pause_seconds` lie between two events: each may start a run, and a run takes about as long.

    Airflow may drop an event while a run is active, so no single event matters: a run takes everything pending, and
    the next event covers what lands later. After an error it logs a warning and polls again.
    """

    def __init__(
        self,
        *,
        poll_seconds: float = 1.0,
        pause_seconds: float = 5.0,
        repeat_seconds: float = 8.0,
        tenant: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow declares no types here
        self.poll_seconds = poll_seconds
        self.pause_seconds = pause_seconds
        self.repeat_seconds = repeat_seconds
        self.tenant = tenant

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """The class path and arguments from which the triggerer recreates it."""
        names = ("poll_seconds", "pause_seconds", "repeat_seconds")
        arguments: dict[str, Any] = {name: getattr(self, name) for name in names}
        if self.tenant is not None:  # Airflow runs one trigger for all assets whose triggers have equal arguments
            arguments["tenant"] = self.tenant
        return f"{type(self).__module__}.{type(self).__qualname__}", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Yield the events; never ends."""
        announced, announced_at = 0, float("-inf")
        while True:
            pending = await self._count_pending()
            announced = min(announced, pending)  # the rest is loaded
            wait_seconds = self.pause_seconds if pending > announced else self.repeat_seconds
            if pending and monotonic() >= announced_at + wait_seconds:
                announced, announced_at = pending, monotonic()
                yield TriggerEvent({"pending": pending})  # type: ignore[no-untyped-call]  # nor here
            await asyncio.sleep(await self._pause())

    async def _pause(self) -> float:
        with suppress(OSError, WarehouseError):  # the next count says so
            return await asyncio.to_thread(_pause, self.poll_seconds)
        return self.poll_seconds

    async def _count_pending(self) -> int:
        # In a thread: many landing files or a slow disk must not block the other triggers.
        try:
            return await asyncio.to_thread(count_pending, self.tenant)
        except (OSError, WarehouseError) as error:
            # Raising would end the trigger, and the triggerer would restart it at once, in a loop.
            log.warning("doorbell_failed", error=str(error), kind=type(error).__name__, tenant=self.tenant)
            return 0
