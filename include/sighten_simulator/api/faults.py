"""Faults of the simulated API: which share of requests meets each one, by the seed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random
from typing import Literal

from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sighten_simulator.api.tokens import API_PREFIX
from sighten_simulator.documents.response import ERROR_PAGE, TruncatedResponse, error_response
from sighten_simulator.world.randomness import are_valid_shares, seeded_random

RETRY_AFTER_S = 1
RetryAfter = Literal["seconds", "date", "none"]
IN_BAND = (
    (500, "error", "A server error occurred."),
    (200, "error", "The query could not be run."),
    (200, "critical", "The data service is down."),
)


@dataclass(frozen=True)
class Faults:
    """The shares (0 to 1) of requests to the API that meet each fault; by default none.

    Args:
        too_many: 429.
        server_error: 500.
        forbidden: 403.
        slow: the correct response, `slow_s` seconds late.
        truncated: half the body with the full Content-Length, then the connection closes.
        broken_json: half the body, with its own Content-Length.
        html: an HTML error page with status 200.
        empty: no body, with status 200.
        in_band: an error inside a 200, in `status_code`, `messages.error` or `messages.critical`; DAL only.
        slow_s: the delay of a slow response, in seconds.
        retry_after: the form of `Retry-After` in a 429.
        below: the path prefix of the requests that may meet a fault.
    """

    too_many: float = 0.0
    server_error: float = 0.0
    forbidden: float = 0.0
    slow: float = 0.0
    truncated: float = 0.0
    broken_json: float = 0.0
    html: float = 0.0
    empty: float = 0.0
    in_band: float = 0.0
    slow_s: float = 2.0
    retry_after: RetryAfter = "seconds"
    below: str = API_PREFIX

    def __post_init__(self) -> None:
        if not are_valid_shares(self.shares().values()):
            raise ValueError("shares of faults: expected numbers from 0 that add up to at most 1")

    def shares(self) -> dict[str, float]:
        """Each fault's share, by its name."""
        others = ("slow_s", "retry_after", "below")
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in others}

    def draw(self, random: Random) -> str | None:
        """The fault of the next request, if any."""
        drawn = random.random()
        for name, share in self.shares().items():
            if drawn < share:
                return name
            drawn -= share
        return None


class FaultsMiddleware:
    """Applies the fault that the seed draws for the n-th request to the API."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        faults: Faults,
        seed: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._app = app
        self._faults = faults
        self._sleep = sleep
        self._clock = clock
        self._random = seeded_random(seed, "faults")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond normally or with a fault (ASGI)."""
        if scope["type"] != "http" or not scope["path"].startswith((self._faults.below,)):
            await self._app(scope, receive, send)
            return
        fault = self._faults.draw(self._random)
        if fault == "slow":
            await self._sleep(self._faults.slow_s)
        if fault in ("truncated", "broken_json"):
            response: ASGIApp = await self._halved_response(fault, scope, receive)
        else:
            response = self._fault_response(fault, scope) or self._app
        await response(scope, receive, send)

    def _fault_response(self, fault: str | None, scope: Scope) -> Response | None:
        """The response that replaces the API's, if any."""
        if fault == "too_many":
            return JSONResponse({"detail": "Request was throttled."}, 429, headers=self._retry_after())
        if fault == "html":
            return HTMLResponse(ERROR_PAGE)
        if fault == "empty":
            return Response(media_type="application/json")
        if fault == "in_band" and scope["path"].startswith("/api/data/"):
            status, level, text = self._random.choice(IN_BAND)
            messages: dict[str, list[str]] = {"warning": [], "error": [], "info": [], "critical": []} | {level: [text]}
            return JSONResponse({"data": [], "messages": messages, "status_code": status})
        return error_response(fault)

    def _retry_after(self) -> dict[str, str]:
        at = self._clock() + timedelta(seconds=RETRY_AFTER_S)
        forms = {"seconds": str(RETRY_AFTER_S), "date": format_datetime(at, usegmt=True)}
        form = self._faults.retry_after
        return {"Retry-After": forms[form]} if form in forms else {}

    async def _halved_response(self, fault: str, scope: Scope, receive: Receive) -> Response:
        """The correct response with half of its body."""
        complete = await _collect_response(self._app, scope, receive)
        if fault == "truncated":
            return complete
        body = bytes(complete.body)[: len(complete.body) // 2]
        headers = MutableHeaders(raw=complete.raw_headers)
        del headers["content-length"]
        return Response(body, complete.status_code, headers=dict(headers))


async def _collect_response(app: ASGIApp, scope: Scope, receive: Receive) -> TruncatedResponse:
    """Run the application and keep its response, which sends only half of its body."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    response = TruncatedResponse(b"".join(message.get("body", b"") for message in sent[1:]), sent[0]["status"])
    response.raw_headers = sent[0]["headers"]
    return response
