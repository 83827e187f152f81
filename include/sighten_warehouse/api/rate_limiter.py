"""Limits the calls per second of all processes that share a home; live calls go before backfill."""

import fcntl
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from sighten_warehouse.api.answer import Attempt
from sighten_warehouse.clock import Clock
from sighten_warehouse.durable import OWNER_ONLY, ensure_folder
from sighten_warehouse.errors import ApiUnavailableError, StorageError

Priority = Literal["live", "backfill"]

RATE_FILE_NAME = ".api_budget"
# Calls sent exactly 1/rate apart arrive unevenly: at the full rate some seconds would see one call too many.
SHARE_USED = 0.95
# No call waits that long, so a slot further ahead was booked before the clock was set back.
MAX_AHEAD_S = 3600.0
_STATE = struct.Struct("<d")


class RateLimiter:
    """Gives calls evenly spaced slots from a file that all processes of one home share.

    The file holds one number, the time of the next free slot, and is locked while it is read and written; the system
    releases the lock when a process dies. A live call books the next slot, however many calls wait before it. A
    backfill call takes a slot only if it is free now: no live call has booked it.

    Args:
        file: the shared file; its folder is created when first needed.
        rate: calls a second.
        priority: the priority of this limiter's calls.
        clock: its time of day must be the same in all processes.
    """

    def __init__(self, file: Path, *, rate: float, priority: Priority, clock: Clock) -> None:
        self._file = file
        self._gap = 1 / (rate * SHARE_USED)
        self._books_ahead = priority == "live"
        self._clock = clock

    def acquire(self, *, within_s: float) -> bool:
        """Wait for a slot; return False as soon as it is clear that none comes within `within_s` seconds.

        Raises:
            StorageError: the file cannot be written.
        """
        deadline = self._clock.monotonic() + within_s
        while True:
            remaining = deadline - self._clock.monotonic()
            wait, is_booked = self._book_or_raise(remaining)
            if wait > remaining:
                return False
            if wait > 0:
                self._clock.sleep(wait)
            if is_booked:
                return True

    def _book_or_raise(self, within_s: float) -> tuple[float, bool]:
        try:
            return self._book_slot(within_s)
        except OSError as error:
            raise StorageError(
                f"{self._file}: {error.strerror}, expected a writable file for the API's rate limit"
            ) from error

    def _book_slot(self, within_s: float) -> tuple[float, bool]:
        """Return the seconds until the next slot and whether it was booked for this call."""
        ensure_folder(self._file.parent, mode=OWNER_ONLY)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            now = self._clock.now().timestamp()
            slot = max(now, self._read(descriptor, now))
            is_booked = slot - now <= within_s if self._books_ahead else slot <= now
            if is_booked:
                os.pwrite(descriptor, _STATE.pack(slot + self._gap), 0)
            return slot - now, is_booked
        finally:
            os.close(descriptor)  # this also releases the lock

    def _read(self, descriptor: int, now: float) -> float:
        slot = float("-inf")
        with suppress(struct.error):  # a new file is empty
            (slot,) = _STATE.unpack(os.pread(descriptor, _STATE.size, 0))
        return slot if slot <= now + MAX_AHEAD_S else now


class Throttle:
    """Limits one client to `concurrency` requests at once, each with a slot of the rate limiter."""

    def __init__(self, rate_limiter: RateLimiter, *, concurrency: int, clock: Clock) -> None:
        self._rate_limiter = rate_limiter
        self._in_flight = threading.BoundedSemaphore(concurrency)
        self._clock = clock

    @contextmanager
    def slot(self, attempt: Attempt) -> Iterator[None]:
        """Hold a slot for one request inside this context.

        Raises:
            ApiUnavailableError: there was no slot before the attempt's deadline.
        """
        if not self._in_flight.acquire(timeout=max(0.0, attempt.deadline - self._clock.monotonic())):
            raise ApiUnavailableError(
                f"{attempt.path}: other calls did not end before the deadline; raise SIGHTEN_API_CONCURRENCY or wait"
            )
        try:
            # Retries, redirects and calls refused with 429 count against the API's rate limit too.
            if not self._rate_limiter.acquire(within_s=attempt.deadline - self._clock.monotonic()):
                raise ApiUnavailableError(
                    f"{attempt.path}: rate limit: no slot before the deadline; raise SIGHTEN_API_RATE or wait"
                )
            yield
        finally:
            self._in_flight.release()
