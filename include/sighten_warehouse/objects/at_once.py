"""Several transfers at a time: a store answers slowly, and many at once."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
AT_ONCE = 16  # uploads, downloads or copies


def at_once(call: Callable[[T], object], items: Sequence[T]) -> None:
    """Call it with each item, several at a time; the first error is raised once those that run have ended."""
    if len(items) < 2:  # noqa: PLR2004  (nothing to divide)
        for item in items:
            call(item)
        return
    with ThreadPoolExecutor(min(AT_ONCE, len(items))) as pool:
        for _ in pool.map(call, items):
            pass
