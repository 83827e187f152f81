"""Asks an ASGI application without a server in between: for what does not depend on HTTP's wire."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.types import ASGIApp, Message


@dataclass(frozen=True)
class AsgiAnswer:
    """What the application sent; `is_complete` says that it said that this was all."""

    status: int
    headers: dict[str, str]
    body: bytes
    is_complete: bool

    def json(self) -> Any:
        return json.loads(self.body)


def ask(app: ASGIApp, path: str, *, headers: dict[str, str] | None = None, **params: str) -> AsgiAnswer:
    """GET the path."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    given = {"host": "simulated.test", "authorization": "Token any", **(headers or {})}
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "server": ("simulated.test", 80),
        "path": path,
        "root_path": "",
        "query_string": urlencode(params).encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[arg-type]
    start, *parts = sent
    return AsgiAnswer(
        status=start["status"],
        headers={name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]},
        body=b"".join(part.get("body", b"") for part in parts),
        is_complete=not parts[-1].get("more_body", False),
    )
