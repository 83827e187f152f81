"""Tokens of the simulated API; each belongs to an account."""

import secrets
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sighten_simulator.world.world import EVERYTHING, Account

API_PREFIX = "/api/"
MISSING = "Authentication credentials were not provided."
WRONG = "Invalid token."


class TokenMiddleware:
    """Responds with 401 below `/api/` without a valid `Authorization: Token …`; sets the account of the request.

    Args:
        app: the next application.
        accounts: the valid tokens; if empty, every token is valid and sees everything.
    """

    def __init__(self, app: ASGIApp, *, accounts: Sequence[Account]) -> None:
        self._app = app
        self._accounts = accounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it (ASGI)."""
        if scope["type"] != "http" or not scope["path"].startswith(API_PREFIX):
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
        encoded = token.encode()
        matches = [account for account in self._accounts if secrets.compare_digest(encoded, account.token.encode())]
        return matches[0] if matches else None


def token_of(scope: Scope) -> str | None:
    """The token of the request in the vendor's form, if any."""
    scheme, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    return token.strip() or None if scheme.lower() == "token" else None
