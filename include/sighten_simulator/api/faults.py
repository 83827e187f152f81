"""What goes wrong on purpose in the simulated API, as often as asked for, by a seed."""

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

from sighten_simulator.api.tokens import GUARDED
from sighten_simulator.documents.response import SORRY, CutOff, refusal
from sighten_simulator.world.chance import are_shares, chance

RETRY_AFTER_S = 1
RetryAfter = Literal["seconds", "date", "none"]
IN_BAND = (
    (500, "error", "A server error occurred."),
    (200, "error", "The query could not be run."),
    (200, "critical", "The data service is down."),
)


@dataclass(frozen=True)
class Faults:
    """Of all requests to the API, these shares (0 to 1) meet a fault; by default none does.

    Args:
        too_many: 429.
        server_error: 500.
        forbidden: 403.
        slow: the right answer, `slow_s` seconds late.
        truncated: half the right answer under its whole length, then the connection ends.
        broken_json: half the right answer, as if that were all.
        html: a page that says sorry, with 200.
        empty: nothing, with 200.
        in_band: an error inside a 200, in `status_code`, `messages.error` or `messages.critical`; of the DAL only.
        slow_s: how late a slow one is.
        retry_after: how a 429 says when to come again.
        below: only requests whose path begins so meet a fault.
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
    below: str = GUARDED

    def __post_init__(self) -> None:
        if not are_shares(self.shares().values()):
            raise ValueError("shares of faults: expected numbers from 0 that add up to at most 1")

    def shares(self) -> dict[str, float]:
        """Each fault's share, by its name."""
        others = ("slow_s", "retry_after", "below")
        return {field.name: getattr(self, field.name) for field in fields(self) if field.name not in others}

    def draw(self, random: Random) -> str | None:
        """The fault of the next request, if it meets one."""
        drawn = random.random()
        for name, share in self.shares().items():
            if drawn < share:
                return name
            drawn -= share
        return None


class FaultsMiddleware:
    """Lets the n-th request to the API meet what the seed says."""

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
        self._random = chance(seed, "faults")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let the fault do it (ASGI)."""
        if scope["type"] != "http" or not scope["path"].startswith((self._faults.below,)):
            await self._app(scope, receive, send)
            return
        fault = self._faults.draw(self._random)
        if fault == "slow":
            await self._sleep(self._faults.slow_s)
        if fault in ("truncated", "broken_json"):
            answer: ASGIApp = await self._spoiled(fault, scope, receive)
        else:
            answer = self._instead(fault, scope) or self._app
        await answer(scope, receive, send)

    def _instead(self, fault: str | None, scope: Scope) -> Response | None:
        """What answers in place of the API, if anything does."""
        if fault == "too_many":
            return JSONResponse({"detail": "Request was throttled."}, 429, headers=self._retry_after())
        if fault == "html":
            return HTMLResponse(SORRY)
        if fault == "empty":
            return Response(media_type="application/json")
        if fault == "in_band" and scope["path"].startswith("/api/data/"):
            status, level, said = self._random.choice(IN_BAND)
            messages: dict[str, list[str]] = {"warning": [], "error": [], "info": [], "critical": []} | {level: [said]}
            return JSONResponse({"data": [], "messages": messages, "status_code": status})
        return refusal(fault)

    def _retry_after(self) -> dict[str, str]:
        at = self._clock() + timedelta(seconds=RETRY_AFTER_S)
        ways = {"seconds": str(RETRY_AFTER_S), "date": format_datetime(at, usegmt=True)}
        way = self._faults.retry_after
        return {"Retry-After": ways[way]} if way in ways else {}

    async def _spoiled(self, fault: str, scope: Scope, receive: Receive) -> Response:
        """The right answer, with half of its body missing."""
        right = await _whole_answer(self._app, scope, receive)
        if fault == "truncated":
            return right
        body = bytes(right.body)[: len(right.body) // 2]
        headers = MutableHeaders(raw=right.raw_headers)
        del headers["content-length"]
        return Response(body, right.status_code, headers=dict(headers))


async def _whole_answer(app: ASGIApp, scope: Scope, receive: Receive) -> CutOff:
    """What the application answers, not sent yet."""
    sent: list[Message] = []

    async def keep(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, keep)
    answer = CutOff(b"".join(message.get("body", b"") for message in sent[1:]), sent[0]["status"])
    answer.raw_headers = sent[0]["headers"]
    return answer
