"""One document's bytes as an answer: whole, a part of them, or as its trouble has it."""

import asyncio
import hashlib
import re
from collections.abc import Mapping

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from sighten_simulator.documents.faults import Ranges, Trouble

SORRY = "<!doctype html><html><head><title>Sorry</title></head><body><h1>Something went wrong</h1></body></html>"
_ONE_RANGE = re.compile(r"bytes=(\d{1,18})-(\d{0,18})")
_SAID = {
    "forbidden": (403, "You do not have permission to perform this action."),
    "missing": (404, "Not found."),
    "server_error": (500, "A server error occurred."),
}


class CutOff(Response):
    """An answer that ends in the middle of its body, together with its connection."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        """Send half of it, and never say that this was all (ASGI)."""
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": half, "more_body": True})


def refusal(trouble: str | None) -> Response | None:
    """The answer of those troubles and faults that are plain errors of HTTP."""
    if trouble not in _SAID:
        return None
    status, detail = _SAID[trouble]
    return JSONResponse({"detail": detail}, status)


async def hand_out(  # noqa: PLR0913  (an answer depends on all of these)
    content: bytes,
    *,
    asked: Mapping[str, str],
    headers: Mapping[str, str],
    ranges: Ranges,
    trouble: Trouble | None = None,
    slow_s: float = 0.0,
) -> Response:
    """The answer with that content to a request with the headers `asked`."""
    if trouble == "slow":
        await asyncio.sleep(slow_s)
    if trouble == "html":
        return HTMLResponse(SORRY)
    if trouble == "empty":
        content = b""
    if trouble == "short":
        content = content[: len(content) // 2]
    status, part, more = _part(content, asked, ranges=ranges)
    all_headers = {"content-type": "application/pdf", **headers, **more}
    if trouble not in ("truncated", "unended"):
        return Response(part, status, headers=all_headers)
    cut_off = CutOff(part, status, headers=all_headers)
    if trouble == "unended":
        del cut_off.headers["content-length"]
    return cut_off


def _part(content: bytes, asked: Mapping[str, str], *, ranges: Ranges) -> tuple[int, bytes, dict[str, str]]:
    """Status, body and headers for what was asked of the content (RFC 9110, section 14; one range only)."""
    if ranges == "no":
        return 200, content, {}
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"accept-ranges": "bytes", "etag": tag}
    wanted = _ONE_RANGE.fullmatch(asked.get("range", ""))
    if wanted is None or asked.get("if-range", tag) != tag:
        return 200, content, headers
    first = int(wanted[1])
    last = min(int(wanted[2] or len(content)), len(content) - 1)
    if first > last:
        return 416, b"", {**headers, "content-range": f"bytes */{len(content)}"}
    part = content[first : last + 1]
    if ranges == "wrong":
        part = content[: len(part)]
    return 206, part, {**headers, "content-range": f"bytes {first}-{last}/{len(content)}"}
