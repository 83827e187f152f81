"""What the receiver says over HTTP, and how it says it to a client that is still sending."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class HttpResponse:
    """A response; `early` when the request's body was not read to its end: of the rest so many bytes are read."""

    status: int
    content: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    early: bool = False
    linger_bytes: int = LINGER_BYTES


def json_response(
    code: int, /, *, early: bool = False, headers: Mapping[str, str] | None = None, **content: object
) -> HttpResponse:
    """An answer with that content as JSON."""
    return HttpResponse(code, json.dumps(content).encode(), headers=tuple((headers or {}).items()), early=early)


async def say(answer: HttpResponse, receive: Receive, send: Send) -> None:
    """The answer is sent; an early one at once, and it is the connection's last."""
    headers = [("content-type", answer.content_type), ("content-length", str(len(answer.content))), *answer.headers]
    if answer.early:
        headers.append(("connection", "close"))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.content, "more_body": answer.early})
    if answer.early:
        await _discard_the_rest(receive, answer.linger_bytes)
        await send({"type": "http.response.body", "body": b""})


async def _discard_the_rest(receive: Receive, max_bytes: int) -> None:
    # A connection closed under a client that still sends is reset, and the answer may be lost with it. So the whole
    # answer goes out, and what still comes in is read for a while and thrown away.
    left = max_bytes
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                if not message.get("more_body"):
                    return
                left -= len(message["body"])
