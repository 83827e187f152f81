"""How many calls a second all processes of this machine together may make, live ones before backfill."""

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
from sighten_warehouse.durable import ensure_folder
from sighten_warehouse.errors import ApiUnavailableError, StorageError

Priority = Literal["live", "backfill"]

BUDGET_NAME = ".api_budget"
# Calls sent exactly 1/rate apart reach the API a little unevenly: at the full rate some seconds would see one too many.
SHARE_USED = 0.95
# Nobody waits that long for a turn, so a next turn further ahead is from before the clock was set back.
FARTHEST_AHEAD_S = 3600.0
_STATE = struct.Struct("<d")


class RateLimiter:
    """Gives each call a turn; turns are evenly spaced, and kept in a file that all processes of one home share.

    The file holds one number, the time of the next free turn, and is locked while it is read and written; the system
    lets the lock go when a process dies. A live call books the next turn, however many wait before it. A backfill
    call takes a turn only when it is free at that moment, that is when no live call has booked it.

    Args:
        file: what is shared; its folder is made when it is first needed.
        rate: calls a second.
        priority: of the calls that this one is for.
        clock: the time of day of it is what the processes have in common.
    """

    def __init__(self, file: Path, *, rate: float, priority: Priority, clock: Clock) -> None:
        self._file = file
        self._gap = 1 / (rate * SHARE_USED)
        self._books_ahead = priority == "live"
        self._clock = clock

    def take(self, *, within_s: float) -> bool:
        """Waits for a turn; False, at once or when the time is over, if there is none within so many seconds.

        Raises:
            StorageError: the file cannot be written.
        """
        until = self._clock.monotonic() + within_s
        while True:
            left = until - self._clock.monotonic()
            wait, is_ours = self._turn_or_error(left)
            if wait > left:
                return False
            if wait > 0:
                self._clock.sleep(wait)
            if is_ours:
                return True

    def _turn_or_error(self, within_s: float) -> tuple[float, bool]:
        try:
            return self._next_turn(within_s)
        except OSError as error:
            raise StorageError(f"{self._file}: {error.strerror}, expected to share the API's budget there") from error

    def _next_turn(self, within_s: float) -> tuple[float, bool]:
        """How many seconds until the next turn, and whether it is taken for us now."""
        ensure_folder(self._file.parent)
        descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            now = self._clock.now().timestamp()
            turn = max(now, self._read(descriptor, now))
            is_ours = turn - now <= within_s if self._books_ahead else turn <= now
            if is_ours:
                os.pwrite(descriptor, _STATE.pack(turn + self._gap), 0)
            return turn - now, is_ours
        finally:
            os.close(descriptor)  # and with it goes the lock

    def _read(self, descriptor: int, now: float) -> float:
        turn = float("-inf")
        with suppress(struct.error):  # a new file is empty
            (turn,) = _STATE.unpack(os.pread(descriptor, _STATE.size, 0))
        return turn if turn <= now + FARTHEST_AHEAD_S else now


class Throttle:
    """Lets no more than `concurrency` requests of one client be under way, each with a turn of the budget."""

    def __init__(self, budget: RateLimiter, *, concurrency: int, clock: Clock) -> None:
        self._budget = budget
        self._under_way = threading.BoundedSemaphore(concurrency)
        self._clock = clock

    @contextmanager
    def one(self, attempt: Attempt) -> Iterator[None]:
        """Room for one request, kept as long as the context lasts.

        Raises:
            ApiUnavailableError: there was none within the attempt's time.
        """
        if not self._under_way.acquire(timeout=max(0.0, attempt.until - self._clock.monotonic())):
            raise ApiUnavailableError(f"{attempt.path}: other calls did not end in time, expected room for one more")
        try:
            # Every request is a call to the API: retries, redirects and those refused with 429 take a turn too.
            if not self._budget.take(within_s=attempt.until - self._clock.monotonic()):
                raise ApiUnavailableError(
                    f"{attempt.path}: no turn within the call's time, expected one by SIGHTEN_API_RATE"
                )
            yield
        finally:
            self._under_way.release()
