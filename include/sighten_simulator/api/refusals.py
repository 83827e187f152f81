"""Which requests the simulated API refuses from now on, until it is told otherwise: a fault that can be aimed."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sighten_simulator.api.tokens import GUARDED


class Refusals:
    """Texts, most of them ids, and with which status every request is refused that names one in its path or query."""

    def __init__(self) -> None:
        self._statuses: dict[str, int] = {}

    def add(self, about: str, status: int) -> None:
        """Refuse from now on whatever names it."""
        self._statuses = {**self._statuses, about: status}

    def clear(self) -> None:
        """Refuse nothing any more."""
        self._statuses = {}

    def status_of(self, address: str) -> int | None:
        """The status with which a request for that address is refused; None where it is answered."""
        return next((status for about, status in self._statuses.items() if about in address), None)

    def as_json(self) -> dict[str, int]:
        """What is refused, and with which status."""
        return self._statuses


class RefusalsMiddleware:
    """Answers what is refused in place of the API."""

    def __init__(self, app: ASGIApp, *, refusals: Refusals) -> None:
        self._app = app
        self._refusals = refusals

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it (ASGI)."""
        status = None
        if scope["type"] == "http" and scope["path"].startswith(GUARDED):
            status = self._refusals.status_of(str(Request(scope).url))
        refusal = None if status is None else JSONResponse({"detail": "Refused on purpose."}, status)
        await (refusal or self._app)(scope, receive, send)
