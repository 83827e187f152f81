"""Who may ask the simulated API: those with a token."""

import secrets

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

GUARDED = "/api/"
MISSING = "Authentication credentials were not provided."
WRONG = "Invalid token."


class GateMiddleware:
    """Answers 401 below `/api/` unless the header `Authorization: Token …` is there.

    Args:
        app: what the others may ask.
        token: the only right token; None takes any.
    """

    def __init__(self, app: ASGIApp, *, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it (ASGI)."""
        refusal = self._refusal(scope) if scope["type"] == "http" and scope["path"].startswith(GUARDED) else None
        if refusal is None:
            await self._app(scope, receive, send)
        else:
            answer = JSONResponse({"detail": refusal}, 401, headers={"WWW-Authenticate": "Token"})
            await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
        if scheme.lower() != "token" or not token.strip():
            return MISSING
        is_right = self._token is None or secrets.compare_digest(token.strip().encode(), self._token.encode())
        return None if is_right else WRONG
