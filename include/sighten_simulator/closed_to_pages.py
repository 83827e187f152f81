"""Keeps foreign web pages away from the simulated Sighten."""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from sighten_warehouse.web_pages import is_sent_by_a_page, may_name_this_machine

READ_METHODS = ("GET", "HEAD")


class ClosedToPages:
    """Refuses what a foreign page in a browser of this machine can send; the status page may call its own server."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        headers = scope["headers"]
        host, origin = (dict(headers).get(name, b"") for name in (b"host", b"origin"))
        answer = self._app
        if not may_name_this_machine(host):
            answer = PlainTextResponse("expected 127.0.0.1 or localhost as Host\n", 403)
        elif scope["method"] not in READ_METHODS and is_sent_by_a_page(headers) and origin != b"http://" + host:
            answer = PlainTextResponse("expected no other web page's request\n", 403)
        await answer(scope, receive, send)
