"""What goes wrong on purpose in the simulated API, as often as asked for, by a seed."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sighten_warehouse.simulator.chance import chance
from sighten_warehouse.simulator.gate import GUARDED

RETRY_AFTER_S = "1"


@dataclass(frozen=True)
class Faults:
    """Of all requests to the API, these shares (0 to 1) meet a fault; by default none does.

    `too_many` and `server_error` are answered at once with 429 and 500; `slow` comes right, `slow_s` seconds late.
    """

    too_many: float = 0.0
    server_error: float = 0.0
    slow: float = 0.0
    slow_s: float = 2.0

    def __post_init__(self) -> None:
        if min(self.too_many, self.server_error, self.slow) < 0 or self.too_many + self.server_error + self.slow > 1:
            raise ValueError("shares of faults: expected numbers from 0 that add up to at most 1")


class FaultsMiddleware:
    """Lets the n-th request to the API meet what the seed says."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        faults: Faults,
        seed: int,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._app = app
        self._faults = faults
        self._sleep = sleep
        self._random = chance(seed, "faults")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the request, or let the fault do it (ASGI)."""
        if scope["type"] == "http" and scope["path"].startswith(GUARDED):
            await (await self._meet())(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _meet(self) -> ASGIApp:
        """What answers this request."""
        faults, draw = self._faults, self._random.random()
        if draw < faults.too_many:
            headers = {"Retry-After": RETRY_AFTER_S}
            return JSONResponse({"detail": "Request was throttled."}, 429, headers=headers)
        if draw < faults.too_many + faults.server_error:
            return JSONResponse({"detail": "A server error occurred."}, 500)
        if draw < faults.too_many + faults.server_error + faults.slow:
            await self._sleep(faults.slow_s)
        return self._app
