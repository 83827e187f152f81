"""The readiness check: whether the receiver can store a delivery now, tested by a small write."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import StorageError
from sighten_warehouse.remotes import remote_of

PROBE_NAME = ".probe/written"  # in a hidden folder, so that landing itself does not change
REMOTE_INTERVAL_S = 10.0
PROBE = b"." * 4096  # one block: an empty file may fit even on a full disk


class Readiness:
    """Writes a small durable file below landing, at most once per `interval_s`; waits at most `timeout_s` for it.

    Of a home on object storage it is an object, at most once per `REMOTE_INTERVAL_S`: each costs something.
    """

    def __init__(  # noqa: PLR0913  (what it watches, and its limits)
        self,
        landing: Path,
        *,
        largest_body: int,
        committer_runs: Callable[[], bool],
        interval_s: float = 1.0,
        timeout_s: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._landing = landing
        self._largest_body = largest_body
        self._committer_runs = committer_runs
        self._interval_s = max(interval_s, REMOTE_INTERVAL_S) if remote_of(landing) else interval_s
        self._timeout_s = timeout_s
        self._clock = clock
        self._probed_at = float("-inf")
        self._probe: asyncio.Future[str | None] | None = None

    async def problem(self) -> str | None:
        """Why nothing can be landed now, or None. A disk that hangs does not block the event loop."""
        if not self._committer_runs():
            return "the committer does not run"
        now = self._clock()
        if self._probe is None or (self._probe.done() and now - self._probed_at >= self._interval_s):
            self._probed_at = now
            self._probe = asyncio.ensure_future(asyncio.to_thread(self.probe))
        try:
            return await asyncio.wait_for(asyncio.shield(self._probe), self._timeout_s)
        except TimeoutError:
            return f"{self._landing}: a small write did not end within {self._timeout_s:g} s"

    def probe(self) -> str | None:
        """Write a small file now; return why that failed, or None."""
        try:
            if remote := remote_of(self._landing):
                remote.put_bytes(self._landing / PROBE_NAME, PROBE)
                return None
            write_durably(self._landing / PROBE_NAME, PROBE)
            disk = os.statvfs(self._landing)
        except (OSError, StorageError) as error:
            return f"{self._landing}: cannot write: {error}"
        free = disk.f_bavail * disk.f_frsize
        if free < self._largest_body:
            return f"{self._landing}: {free} bytes free, expected room for one body of {self._largest_body}"
        return None
