"""Paths with and without a slash at the end: vendor clients use both, and the variant says which are accepted."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import URL
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sighten_simulator.api.tokens import API_PREFIX
from sighten_simulator.api.variants import Slashes

Endpoint = Callable[[Request], Awaitable[Response]]


def with_optional_slash(path: str, endpoint: Endpoint) -> list[Route]:
    """The routes of a path with and without a slash at the end."""
    return [Route(path, endpoint), Route(f"{path}/", endpoint)]


class SlashMiddleware:
    """Refuses or redirects requests below `/api/` whose path does not end as the variant demands."""

    def __init__(self, app: ASGIApp, *, slashes: Slashes) -> None:
        self._app = app
        self._slashes = slashes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse or redirect it (ASGI)."""
        is_api = scope["type"] == "http" and scope["path"].startswith(API_PREFIX)
        response = self._response(scope) if is_api else None
        await (response or self._app)(scope, receive, send)

    def _response(self, scope: Scope) -> Response | None:
        has_slash = scope["path"].endswith("/")
        if self._slashes == "either" or has_slash == (self._slashes != "without"):
            return None
        if self._slashes == "redirect":
            url = URL(scope=scope)
            return RedirectResponse(str(url.replace(path=f"{url.path}/")), 301)
        return JSONResponse({"detail": "Not found."}, 404)
