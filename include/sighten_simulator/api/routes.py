"""How the simulated API takes its paths: the vendor's clients ask with and without a slash at the end."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

Endpoint = Callable[[Request], Awaitable[Response]]


def both(path: str, endpoint: Endpoint) -> list[Route]:
    """The route with and without a slash at its end."""
    return [Route(path, endpoint), Route(f"{path}/", endpoint)]
