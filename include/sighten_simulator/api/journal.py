"""What the simulated Sighten was asked, by whom and how often; tokens are told by a fingerprint only."""

import hashlib
import re
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEPT = 2_000
NOT_JOURNALED = re.compile(r"/|/favicon\.ico|/healthz|/simulator/.*")
# Of these the values are kept: they say what was asked, and are nobody's secret.
TOLD = frozenset({
    "quote_id", "site_id", "workflow_id", "milestone_id", "task_id", "proposal_id", "system_id",
    "metrics", "baseline", "page", "limit", "archived",
})  # fmt: skip
CREDENTIALS = ("authorization", "proxy-authorization", "cookie")
MAX_CHARACTERS, MAX_SHOWN = 2_000, 200
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Host = Literal["api", "storage"]


def fingerprint(token: str) -> str:
    """What a token is called where it must not be told."""
    return hashlib.sha256(token.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class Answered:
    """One request, and how it was answered.

    Args:
        host: the API itself, or the host that redirects lead to.
        method: of HTTP.
        path: without the query.
        params: the query, as far as its values may be told; of others an ellipsis.
        token: the fingerprint of what came in `Authorization`; None where nothing did.
        range: what part of a document was asked for.
        status: of the answer.
        milliseconds: until the answer was sent.
    """

    host: Host
    method: str
    path: str
    params: dict[str, str]
    token: str | None
    range: str | None
    status: int
    milliseconds: float

    @property
    def route(self) -> str:
        """The path with names in place of ids, and one slash at its end or none, as it was asked."""
        return _UUID.sub("{uuid}", self.path)[:MAX_CHARACTERS]

    @property
    def shown(self) -> str:
        """The path with the names of its parameters but not their values."""
        where = "storage " if self.host == "storage" else ""
        names = "&".join(f"{name}=…" for name in self.params)
        return f"{where}{self.path}?{names}"[:MAX_SHOWN] if names else f"{where}{self.path}"[:MAX_SHOWN]

    @property
    def quote_ids(self) -> tuple[str, ...]:
        """The quotes that were asked about, by filter or by path."""
        by_path = _UUID.findall(self.path) if self.path.startswith("/api/data/quote/") else []
        by_filter = [self.params["quote_id"]] if "quote_id" in self.params else []
        return (*by_path, *by_filter)


@dataclass
class Calls:
    """How often one route was asked, and how."""

    count: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    quote_ids: Counter[str] = field(default_factory=Counter)

    def add(self, answered: Answered) -> None:
        """Count one more."""
        self.count += 1
        self.statuses[str(answered.status)] += 1
        self.tokens[answered.token or "none"] += 1
        self.quote_ids.update(answered.quote_ids)


class Journal:
    """The newest requests, the newest last, and counts of all that there ever were."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.answered: deque[Answered] = deque(maxlen=KEPT)
        self.count = 0
        self.credentials_sent_elsewhere = 0
        self.calls: dict[str, Calls] = {}

    def add(self, answered: Answered) -> None:
        """Keep it, and let go of the oldest if there are too many."""
        self.answered.append(answered)
        self.count += 1
        self.credentials_sent_elsewhere += answered.host == "storage" and answered.token is not None
        where = "storage " if answered.host == "storage" else ""
        self.calls.setdefault(f"{where}{answered.method} {answered.route}", Calls()).add(answered)

    def as_json(self) -> dict[str, Any]:
        """Everything it knows."""
        return {
            "count": self.count,
            "credentials_sent_elsewhere": self.credentials_sent_elsewhere,
            "calls": {name: vars(calls) for name, calls in sorted(self.calls.items())},
            "requests": [vars(answered) for answered in self.answered],
        }


class JournalMiddleware:
    """Writes each request into the journal once it is answered; looks at the page and health checks are left out."""

    def __init__(
        self, app: ASGIApp, *, journal: Journal, host: Host = "api", clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._journal = journal
        self._host: Host = host
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through and note what became of it (ASGI)."""
        if scope["type"] != "http" or NOT_JOURNALED.fullmatch(scope["path"]):
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
            self._journal.add(self._note(scope, status, (self._clock() - began) * 1000))

    def _note(self, scope: Scope, status: int, milliseconds: float) -> Answered:
        headers = Headers(scope=scope)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return Answered(
            host=self._host,
            method=scope["method"],
            path=str(scope["path"])[:MAX_CHARACTERS],
            params={name: value[:MAX_CHARACTERS] if name in TOLD else "…" for name, value in query},
            token=_told_token(headers),
            range=headers.get("range"),
            status=status,
            milliseconds=milliseconds,
        )


def _told_token(headers: Headers) -> str | None:
    """The fingerprint of whatever credential was given; without its scheme, where it has one."""
    given = next((headers[name] for name in CREDENTIALS if name in headers), None)
    return None if given is None else fingerprint(given.partition(" ")[2].strip() or given)
