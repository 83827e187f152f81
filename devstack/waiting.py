"""Waiting for a condition, with a deadline and a check between polls."""

import time
from collections.abc import Callable

from devstack.errors import StackError


class DeadlineError(StackError):
    """The condition did not hold in time."""


def wait_until(
    condition: Callable[[], bool],
    *,
    what: str,
    seconds: float,
    meanwhile: Callable[[], object] = lambda: None,
    every: float = 0.2,
) -> None:
    """Return as soon as the condition holds; `meanwhile` is called before each poll and may raise.

    Raises:
        DeadlineError: the condition did not hold in time.
    """
    deadline = time.monotonic() + seconds
    while True:
        meanwhile()
        if condition():
            return
        if time.monotonic() >= deadline:
            raise DeadlineError(f"{what}: timed out after {seconds:.0f} s")
        time.sleep(every)
