"""Progress on the terminal: a line for each step, with the time since the start."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.markup import escape


class Progress:
    """Prints lines to a terminal or a log; a terminal also shows the current step."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._started = time.monotonic()

    @contextmanager
    def step(self, doing: str, *, done: str) -> Iterator[None]:
        """Show the current step on a terminal; print `done` when it ends."""
        with self.waiting(doing):
            yield
        self.print_line(done)

    def waiting(self, doing: str) -> AbstractContextManager[object]:
        """Show the current step on a terminal."""
        return self.console.status(f"{escape(doing)} …") if self.console.is_terminal else nullcontext()

    def print_line(self, text: str) -> None:
        """Print a line with the time since the start."""
        elapsed = time.monotonic() - self._started
        self.console.print(f"[dim]{elapsed:6.1f} s[/dim]  {escape(text)}", highlight=False)
