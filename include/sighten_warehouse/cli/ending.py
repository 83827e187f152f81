"""How long commands end: exit codes, problems on stderr, Ctrl-C."""

import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import click

from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.escaping import printable_lines

STOPPED = 130  # 128 + SIGINT, as shells report it
SHOW_CURSOR = "\x1b[?25h"
LOOK_EVERY_S = 0.1


def end(summary_line: str, problems: Iterable[str], *, needs_attention: bool) -> None:
    """Print the result, and the problems on stderr; exit with 1 if something needs attention."""
    click.echo(summary_line)
    for problem in problems:
        click.echo(printable_lines(problem), err=True)
    if needs_attention:
        sys.exit(NEEDS_ATTENTION)


class StopRequest:
    """Whether somebody wants the process to stop; what a signal handler may set.

    It has no lock: `threading.Event` may not be set by a handler, which would wait for good if the signal came while
    the main thread held the event's lock; and `queue.SimpleQueue.get` may wait for good once its time is over.
    """

    def __init__(self) -> None:
        self._is_set = False

    def set(self, *_signal: object) -> None:
        """Ask to stop; callable as a signal handler, from any thread and more than once."""
        self._is_set = True

    def is_set(self) -> bool:
        """Whether somebody asked to stop."""
        return self._is_set

    def wait(self, seconds: float) -> bool:
        """Wait until somebody asks to stop, at most that long; return whether somebody did."""
        until = monotonic() + seconds
        while not self._is_set and (rest := until - monotonic()) > 0:
            sleep(min(rest, LOOK_EVERY_S))
        return self._is_set


@contextmanager
def until_interrupted(*, on_second: Callable[[], None] | None = None) -> Iterator[Callable[[], bool]]:
    """Yield a function that returns whether Ctrl-C was pressed; a second Ctrl-C ends the command at once.

    `on_second` ends it where an exception would have to wait for threads. Nothing that is landed is lost either way.
    """
    received: list[int] = []

    def handle(number: int, _: object) -> None:
        if received and on_second:
            on_second()
        received.append(number)
        if not on_second:
            signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: bool(received)
    finally:
        signal.signal(signal.SIGINT, previous)


@contextmanager
def writing_to(path: Path, *, option: str) -> Iterator[None]:
    """Report a missing folder, or an error of the file system, as wrong use of the option that named the file.

    No command creates the folder of a file that it writes: a slip in a path would leave folders about.
    """
    require_folder_of(path, option=option)
    try:
        yield
    except OSError as error:
        raise click.BadParameter(f"{path}: {error.strerror or error}", param_hint=option) from error


def require_folder_of(path: Path, *, option: str) -> None:
    """Refuse a file in a folder that does not exist, before the work and not after it."""
    if not path.parent.is_dir():
        raise click.BadParameter(f"{path}: {path.parent} is no folder, expected one that exists", param_hint=option)


def end_at_once() -> None:
    """End the process at once, after showing the cursor that a progress bar hides."""
    if sys.stderr.isatty():
        sys.stderr.write(SHOW_CURSOR)
        sys.stderr.flush()
    os._exit(STOPPED)
