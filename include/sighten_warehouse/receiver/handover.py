"""Results of other threads on the event loop, many with one wake-up."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Handover(Generic[T]):
    """Calls functions with results on the event loop.

    Waking the loop is a system call and a switch of threads; for each delivery that cost as much as reading it.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiting: deque[tuple[Callable[[T], None], T]] = deque()
        self._is_woken = False

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call on this loop from now on."""
        self._loop = loop

    def put(self, call: Callable[[T], None], result: T) -> None:
        """Let the loop call it soon; from any thread. Once the loop has ended nobody waits, and nothing is called."""
        self._waiting.append((call, result))
        if not self._is_woken and self._loop is not None:
            self._is_woken = True
            with suppress(RuntimeError):  # the loop is closed
                self._loop.call_soon_threadsafe(self._call_all)

    def _call_all(self) -> None:
        # First: whatever is put after this line wakes the loop again.
        self._is_woken = False
        while self._waiting:
            call, result = self._waiting.popleft()
            call(result)
