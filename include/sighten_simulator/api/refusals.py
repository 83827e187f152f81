"""Refusals: requests that name a given id fail with a given status until the refusals are cleared."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sighten_simulator.api.tokens import API_PREFIX


class Refusals:
    """Texts, mostly ids, and the status of every request whose path or query contains one."""

    def __init__(self) -> None:
        self._statuses: dict[str, int] = {}

    def add(self, about: str, status: int) -> None:
        """Refuse requests that contain this text from now on."""
        self._statuses = {**self._statuses, about: status}

    def clear(self) -> None:
        """Remove all refusals."""
        self._statuses = {}

    def status_of(self, address: str) -> int | None:
        """The status of a refused address; None if it is not refused."""
        return next((status for about, status in self._statuses.items() if about in address), None)

    def as_json(self) -> dict[str, int]:
        """The status by text."""
        return self._statuses


class RefusalsMiddleware:
    """Responds to refused requests in place of the API."""

    def __init__(self, app: ASGIApp, *, refusals: Refusals) -> None:
        self._app = app
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it (ASGI)."""
        status = None
        if scope["type"] == "http" and scope["path"].startswith(API_PREFIX):
            status = self._refusals.status_of(str(Request(scope).url))
        refusal = None if status is None else JSONResponse({"detail": "Refused on purpose."}, status)
        await (refusal or self._app)(scope, receive, send)
