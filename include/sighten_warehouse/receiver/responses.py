"""HTTP responses of the receiver, also to clients that are still sending."""

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
    """A response. `early`: the body was not read to its end; up to `linger_bytes` of the rest are discarded."""

    status: int
    content: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    early: bool = False
    linger_bytes: int = LINGER_BYTES


def json_response(
    code: int, /, *, early: bool = False, headers: Mapping[str, str] | None = None, **content: object
) -> HttpResponse:
    """A response with the content as JSON."""
    return HttpResponse(code, json.dumps(content).encode(), headers=tuple((headers or {}).items()), early=early)


async def send_response(response: HttpResponse, receive: Receive, send: Send) -> None:
    """Send the response; after an early one the connection is closed."""
    length = str(len(response.content))
    headers = [("content-type", response.content_type), ("content-length", length), *response.headers]
    if response.early:
        headers.append(("connection", "close"))
    encoded = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": response.status, "headers": encoded})
    await send({"type": "http.response.body", "body": response.content, "more_body": response.early})
    if response.early:
        await _discard_the_rest(receive, response.linger_bytes)
        await send({"type": "http.response.body", "body": b""})


async def _discard_the_rest(receive: Receive, max_bytes: int) -> None:
    # Closing the connection while the client still sends resets it, and the response may be lost. So send all of the
    # response, then read and discard input for a while.
    remaining = max_bytes
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while remaining > 0:
                message = await receive()
                if not message.get("more_body"):
                    return
                remaining -= len(message["body"])
