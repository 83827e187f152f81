"""Which spelling of a path the simulated API takes, where a slash at the end is a matter of taste."""

from starlette.datastructures import URL
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sighten_simulator.api.tokens import GUARDED
from sighten_simulator.api.unknowns import Slashes


class SlashMiddleware:
    """Refuses, or sends on, whoever spells a path below `/api/` in the other way."""

    def __init__(self, app: ASGIApp, *, slashes: Slashes) -> None:
        self._app = app
        self._slashes = slashes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, or answer it (ASGI)."""
        answer = self._answer(scope) if scope["type"] == "http" and scope["path"].startswith(GUARDED) else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, scope: Scope) -> Response | None:
        has_slash = scope["path"].endswith("/")
        if self._slashes == "either" or has_slash == (self._slashes != "without"):
            return None
        if self._slashes == "redirect":
            url = URL(scope=scope)
            return RedirectResponse(str(url.replace(path=f"{url.path}/")), 301)
        return JSONResponse({"detail": "Not found."}, 404)
