"""Ctrl-C as a wish to stop, for commands that stop at a good place."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

STOPPED = 130  # as every program that Ctrl-C ends


@contextmanager
def until_interrupted() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed; a second one ends at once, which loses nothing either."""
    pressed: list[int] = []

    def press(number: int, _: object) -> None:
        pressed.append(number)
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
