"""The journal of requests to the simulated Sighten; it holds fingerprints of tokens, never tokens."""

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

MAX_REQUESTS = 2_000
NOT_JOURNALED = re.compile(r"/|/favicon\.ico|/healthz|/simulator/.*")
# Parameters whose values are kept: none of them is secret.
LOGGED_PARAMS = frozenset({
    "quote_id", "site_id", "workflow_id", "milestone_id", "task_id", "proposal_id", "system_id",
    "metrics", "baseline", "page", "limit", "archived",
})  # fmt: skip
CREDENTIALS = ("authorization", "proxy-authorization", "cookie")
MAX_CHARACTERS, MAX_DISPLAYED = 2_000, 200
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

Host = Literal["api", "storage"]


def fingerprint(token: str) -> str:
    """The name of a token in the journal."""
    return hashlib.sha256(token.encode()).hexdigest()[:8]


@dataclass(frozen=True)
class LoggedRequest:
    """One request and its response.

    Args:
        host: the API or the storage host.
        method: the HTTP method.
        path: the path without the query.
        params: the query; values outside `LOGGED_PARAMS` are replaced by an ellipsis.
        token: the fingerprint of the credentials; None without any.
        range: the `Range` header.
        status: the status of the response.
        milliseconds: the time until the response was sent.
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
        """The path with `{uuid}` for each id, and its slash at the end if it has one."""
        return _UUID.sub("{uuid}", self.path)[:MAX_CHARACTERS]

    @property
    def display_path(self) -> str:
        """The path with the names of its parameters, without their values."""
        host = "storage " if self.host == "storage" else ""
        names = "&".join(f"{name}=…" for name in self.params)
        return f"{host}{self.path}?{names}"[:MAX_DISPLAYED] if names else f"{host}{self.path}"[:MAX_DISPLAYED]

    @property
    def quote_ids(self) -> tuple[str, ...]:
        """The quotes named by the path or by the filter."""
        by_path = _UUID.findall(self.path) if self.path.startswith("/api/data/quote/") else []
        by_filter = [self.params["quote_id"]] if "quote_id" in self.params else []
        return (*by_path, *by_filter)


@dataclass
class CallCounts:
    """Counts of the requests to one route, by status, token and quote."""

    count: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    quote_ids: Counter[str] = field(default_factory=Counter)

    def add(self, request: LoggedRequest) -> None:
        """Count the request."""
        self.count += 1
        self.statuses[str(request.status)] += 1
        self.tokens[request.token or "none"] += 1
        self.quote_ids.update(request.quote_ids)


class Journal:
    """The newest requests, newest last, and counts of all requests."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Remove all requests and counts."""
        self.requests: deque[LoggedRequest] = deque(maxlen=MAX_REQUESTS)
        self.count = 0
        self.credentials_sent_elsewhere = 0
        self.calls: dict[str, CallCounts] = {}

    def add(self, request: LoggedRequest) -> None:
        """Count the request and keep it; beyond `MAX_REQUESTS` the oldest is dropped."""
        self.requests.append(request)
        self.count += 1
        self.credentials_sent_elsewhere += request.host == "storage" and request.token is not None
        host = "storage " if request.host == "storage" else ""
        self.calls.setdefault(f"{host}{request.method} {request.route}", CallCounts()).add(request)

    def as_json(self) -> dict[str, Any]:
        """Requests and counts as JSON."""
        return {
            "count": self.count,
            "credentials_sent_elsewhere": self.credentials_sent_elsewhere,
            "calls": {name: vars(calls) for name, calls in sorted(self.calls.items())},
            "requests": [vars(request) for request in self.requests],
        }


class JournalMiddleware:
    """Adds each request to the journal before its response ends, except for the status page and health checks."""

    def __init__(
        self, app: ASGIApp, *, journal: Journal, host: Host = "api", clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._app = app
        self._journal = journal
        self._host: Host = host
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond, and add the request to the journal (ASGI)."""
        if scope["type"] != "http" or NOT_JOURNALED.fullmatch(scope["path"]):
            await self._app(scope, receive, send)
            return
        began = self._clock()
        status, is_added = 500, False

        def add() -> None:
            nonlocal is_added
            if not is_added:
                is_added = True
                self._journal.add(self._logged_request(scope, status, (self._clock() - began) * 1000))

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif not message.get("more_body"):  # who has the whole response finds it in the journal
                add()
            await send(message)

        try:
            await self._app(scope, receive, watch)
        finally:
            add()

    def _logged_request(self, scope: Scope, status: int, milliseconds: float) -> LoggedRequest:
        headers = Headers(scope=scope)
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        return LoggedRequest(
            host=self._host,
            method=scope["method"],
            path=str(scope["path"])[:MAX_CHARACTERS],
            params={name: value[:MAX_CHARACTERS] if name in LOGGED_PARAMS else "…" for name, value in query},
            token=_token_fingerprint(headers),
            range=headers.get("range"),
            status=status,
            milliseconds=milliseconds,
        )


def _token_fingerprint(headers: Headers) -> str | None:
    """The fingerprint of the first credential in the headers, without its scheme."""
    credential = next((headers[name] for name in CREDENTIALS if name in headers), None)
    return None if credential is None else fingerprint(credential.partition(" ")[2].strip() or credential)
