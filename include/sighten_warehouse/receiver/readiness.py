"""Whether the receiver can keep what it would be sent now, found out by keeping something."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from sighten_warehouse.durable import write_durably

PROBE_NAME = ".probe/written"  # in a hidden folder of its own, so that landing itself does not seem to change
PROBE = b"." * 4096  # a block: on a full disk an empty file may still fit


class Readiness:
    """Writes a small durable file below landing when asked, at most once in `every_s`; answers within `answer_s`."""

    def __init__(  # noqa: PLR0913  (what it watches, and how patiently)
        self,
        landing: Path,
        *,
        largest_body: int,
        committer_runs: Callable[[], bool],
        every_s: float = 1.0,
        answer_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._landing = landing
        self._largest_body = largest_body
        self._committer_runs = committer_runs
        self._every_s = every_s
        self._answer_s = answer_s
        self._clock = clock
        self._probed_at = float("-inf")
        self._probe: asyncio.Future[str | None] | None = None

    async def problem(self) -> str | None:
        """Why nothing can be landed now; None when it can. A disk that hangs never blocks the event loop."""
        if not self._committer_runs():
            return "the committer does not run"
        now = self._clock()
        if self._probe is None or (self._probe.done() and now - self._probed_at >= self._every_s):
            self._probed_at = now
            self._probe = asyncio.ensure_future(asyncio.to_thread(self._try_to_write))
        try:
            return await asyncio.wait_for(asyncio.shield(self._probe), self._answer_s)
        except TimeoutError:
            return f"{self._landing}: a small write did not end within {self._answer_s:g} s"

    def _try_to_write(self) -> str | None:
        try:
            write_durably(self._landing / PROBE_NAME, PROBE)
            disk = os.statvfs(self._landing)
        except OSError as error:
            return f"{self._landing}: cannot write: {error}"
        free = disk.f_bavail * disk.f_frsize
        if free < self._largest_body:
            return f"{self._landing}: {free} bytes free, expected room for one body of {self._largest_body}"
        return None
