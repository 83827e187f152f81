"""The last requests that the simulated Sighten answered, without anything secret."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = 50
MOST_CHARACTERS = 200
NOT_JOURNALED = frozenset({"/", "/favicon.ico", "/healthz"})


@dataclass(frozen=True)
class Answered:
    """One request: its path with the names of its parameters but not their values, and how it was answered."""

    method: str
    path: str
    status: int
    milliseconds: float


@dataclass
class Journal:
    """The newest requests last, and how many there ever were."""

    answered: deque[Answered] = field(default_factory=lambda: deque(maxlen=KEPT))
    count: int = 0

    def add(self, answered: Answered) -> None:
        """Keep it, and let go of the oldest if there are too many."""
        self.answered.append(answered)
        self.count += 1


class JournalMiddleware:
    """Writes each request into the journal once it is answered; looks at the page and health checks are left out."""

    def __init__(self, app: ASGIApp, *, journal: Journal, clock: Callable[[], float] = time.perf_counter) -> None:
        self._app = app
        self._journal = journal
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through and note what became of it (ASGI)."""
        if scope["type"] != "http" or scope["path"] in NOT_JOURNALED:
            await self._app(scope, receive, send)
            return
        began = self._clock()
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            milliseconds = (self._clock() - began) * 1000
            self._journal.add(Answered(scope["method"], _path(scope), status, milliseconds))


def _path(scope: Scope) -> str:
    names = [name for name, _ in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)]
    shown = str(scope["path"]) + ("?" + "&".join(f"{name}=…" for name in names) if names else "")
    return shown[:MOST_CHARACTERS]
