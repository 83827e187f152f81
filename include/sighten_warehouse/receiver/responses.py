"""HTTP responses of the receiver, and their bytes."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

LINGER_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class HttpResponse:
    """A response.

    `early`: the request was not read to its end. The connection is closed after it; up to `linger_bytes` of the rest
    are discarded before, or a client that still sends would be reset and could not read the response.
    `proves_sender`: the sender had a valid credential.
    """

    status: int
    content: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    early: bool = False
    linger_bytes: int = LINGER_BYTES
    proves_sender: bool = False


def json_response(
    code: int, /, *, early: bool = False, headers: Mapping[str, str] | None = None, **content: object
) -> HttpResponse:
    """A response with the content as JSON."""
    return HttpResponse(code, json.dumps(content).encode(), headers=tuple((headers or {}).items()), early=early)


def encode(
    response: HttpResponse, *, closes: bool, without_content: bool, clock: Callable[[], float] = time.time
) -> bytes:
    """The response as sent; `closes`: the connection ends with it; `without_content`: for HEAD."""
    lines = [
        _status_line(response.status),
        _date(int(clock())),
        f"content-type: {response.content_type}",
        f"content-length: {len(response.content)}",
        *(f"{name}: {value}" for name, value in response.headers),
        *(["connection: close"] if closes else []),
    ]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
    return head if without_content else head + response.content


@lru_cache
def _status_line(status: int) -> str:
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"


@lru_cache(maxsize=1)
def _date(seconds: int) -> str:
    return f"date: {formatdate(seconds, usegmt=True)}"
