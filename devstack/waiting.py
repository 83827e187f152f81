"""Waiting for a condition, never for a time: with a deadline and a look at what may have gone wrong meanwhile."""

import time
from collections.abc import Callable

from devstack.errors import StackError


class DeadlineError(StackError):
    """What was waited for did not come in time."""


def wait_until(
    condition: Callable[[], bool],
    *,
    what: str,
    seconds: float,
    meanwhile: Callable[[], object] = lambda: None,
    every: float = 0.2,
) -> None:
    """Return as soon as the condition holds; `meanwhile` is called before each look and may raise.

    Raises:
        DeadlineError: it did not hold within that many seconds.
    """
    deadline = time.monotonic() + seconds
    while True:
        meanwhile()
        if condition():
            return
        if time.monotonic() >= deadline:
            raise DeadlineError(f"{what}: not within {seconds:.0f} s")
        time.sleep(every)
