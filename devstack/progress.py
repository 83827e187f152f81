"""What a person sees while the stack starts: one line a step, with the time since the start."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from rich.console import Console
from rich.markup import escape


class Progress:
    """Lines on a terminal or in a log; on a terminal the step under way is shown too."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._started = time.monotonic()

    @contextmanager
    def step(self, doing: str, *, done: str) -> Iterator[None]:
        """Show what is being done, where there is a terminal; then say that it is done."""
        with self.waiting(doing):
            yield
        self.say(done)

    def waiting(self, doing: str) -> AbstractContextManager[object]:
        """Show what is being done, where there is a terminal."""
        return self.console.status(f"{escape(doing)} …") if self.console.is_terminal else nullcontext()

    def say(self, text: str) -> None:
        """A line with the time since the start."""
        elapsed = time.monotonic() - self._started
        self.console.print(f"[dim]{elapsed:6.1f} s[/dim]  {escape(text)}", highlight=False)
