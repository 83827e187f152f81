"""Ctrl-C as a wish to stop, for commands that stop at a good place."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPPED = 130  # as every program that Ctrl-C ends
SHOW_CURSOR = "\x1b[?25h"


@contextmanager
def until_interrupted(*, again: Callable[[], None] | None = None) -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed; a second one ends at once, which loses nothing either.

    `again` is how it ends at once, where an exception would have to wait for threads.
    """
    pressed: list[int] = []

    def press(number: int, _: object) -> None:
        if pressed and again:
            again()
        pressed.append(number)
        if not again:
            signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)


def end_at_once() -> None:
    """End the process as `kill -9` would, but for the cursor that a progress bar hides."""
    if sys.stderr.isatty():
        sys.stderr.write(SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(STOPPED)
