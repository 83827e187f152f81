"""The response with a document: complete, a range of it, or altered by a trouble."""

import asyncio
import hashlib
import re
from collections.abc import Mapping

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sighten_simulator.documents.options import Ranges, Trouble

ERROR_PAGE = "<!doctype html><html><head><title>Sorry</title></head><body><h1>Something went wrong</h1></body></html>"
_ONE_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")
_ERRORS = {
    "forbidden": (403, "You do not have permission to perform this action."),
    "missing": (404, "Not found."),
    "server_error": (500, "A server error occurred."),
}


class TruncatedResponse(Response):
    """A response that ends in the middle of its body and closes the connection."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send half of the body without completing the response (ASGI)."""
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})


def error_response(trouble: str | None) -> Response | None:
    """The response for a trouble or fault that is an HTTP error; None for the others."""
    if trouble not in _ERRORS:
        return None
    status, detail = _ERRORS[trouble]
    return JSONResponse({"detail": detail}, status)


async def document_response(  # noqa: PLR0913  (a response depends on all of these)
    content: bytes,
    *,
    request_headers: Mapping[str, str],
    headers: Mapping[str, str],
    ranges: Ranges,
    trouble: Trouble | None = None,
    slow_s: float = 0.0,
) -> Response:
    """The response with that content to a request with those headers; waits `slow_s` if the trouble is `slow`."""
    if trouble == "slow":
        await asyncio.sleep(slow_s)
    if trouble == "html":
        return HTMLResponse(ERROR_PAGE)
    if trouble == "empty":
        content = b""
    if trouble == "short":
        content = content[: len(content) // 2]
    status, part, range_headers = _requested_part(content, request_headers, ranges=ranges)
    all_headers = {"content-type": "application/pdf", **headers, **range_headers}
    if trouble not in ("truncated", "unended"):
        return Response(part, status, headers=all_headers)
    truncated = TruncatedResponse(part, status, headers=all_headers)
    if trouble == "unended":
        del truncated.headers["content-length"]
    return truncated


def _requested_part(
    content: bytes, request_headers: Mapping[str, str], *, ranges: Ranges
) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers for the requested range (RFC 9110, section 14; one range only)."""
    if ranges == "no":
        return 200, content, {}
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"accept-ranges": "bytes", "etag": tag}
    match = _ONE_RANGE.fullmatch(request_headers.get("range", ""))
    if match is None or request_headers.get("if-range", tag) != tag:
        return 200, content, headers
    first = int(match[1])
    last = min(int(match[2] or len(content)), len(content) - 1)
    if first > last:
        return 416, b"", {**headers, "content-range": f"bytes */{len(content)}"}
    part = content[first : last + 1]
    if ranges == "wrong":
        part = content[: len(part)]
    return 206, part, {**headers, "content-range": f"bytes {first}-{last}/{len(content)}"}
