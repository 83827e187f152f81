"""Who may ask the simulated API: those with a token, each of which is a user's."""

import secrets
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sighten_simulator.world.world import EVERYTHING, Account

GUARDED = "/api/"
MISSING = "Authentication credentials were not provided."
WRONG = "Invalid token."


class GateMiddleware:
    """Answers 401 below `/api/` unless the header `Authorization: Token …` is there, and notes whose token it is.

    Args:
        app: what the others may ask.
        accounts: the only right tokens; where there are none, any token is, and its user sees everything.
    """

    def __init__(self, app: ASGIApp, *, accounts: Sequence[Account]) -> None:
        self._app = app
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or refuse it (ASGI)."""
        if scope["type"] != "http" or not scope["path"].startswith(GUARDED):
            await self._app(scope, receive, send)
            return
        token = token_of(scope)
        account = self._account(token) if token else None
        if account is None:
            refusal = {"detail": WRONG if token else MISSING}
            await JSONResponse(refusal, 401, headers={"WWW-Authenticate": "Token"})(scope, receive, send)
            return
        scope.setdefault("state", {})["account"] = account
        await self._app(scope, receive, send)

    def _account(self, token: str) -> Account | None:
        if not self._accounts:
            return EVERYTHING
        given = token.encode()
        right = [one for one in self._accounts if secrets.compare_digest(given, one.token.encode())]
        return right[0] if right else None


def token_of(scope: Scope) -> str | None:
    """The token of the request, None if it has none in the vendor's form."""
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "token" else None
