"""How a command that asks the API ends."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from sighten_warehouse.cli.main import SOMETHING_TO_LOOK_AT

STOPPED = 130  # as every program that Ctrl-C ends
SHOW_CURSOR = "\x1b[?25h"


def end(summary_line: str, problems: Iterable[str], *, needs_attention: bool) -> None:
    """What came of it is said, and on stderr what is to be looked at; if anything is, the command ends with 1."""
    click.echo(summary_line)
    for problem in problems:
        click.echo(problem, err=True)
    if needs_attention:
        sys.exit(SOMETHING_TO_LOOK_AT)


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
