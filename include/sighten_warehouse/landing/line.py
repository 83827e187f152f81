"""The format of a landing line: one delivery as received, with its headers and digest."""

import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, get_args
from uuid import UUID

import msgspec

from sighten_warehouse.landing.json_check import is_plain_json

Source = Literal["webhook", "api", "import"]
Erased = Literal["whole", "part", "expired"]

# On lines with source "api": the request. It is never part of the response; whoever lands the response adds it.
API_REQUEST_HEADER = "sighten-asked"
KEPT_HEADERS = frozenset(
    {
        API_REQUEST_HEADER,
        "content-encoding",
        "content-type",
        "user-agent",
        "webhook-id",
        "webhook-timestamp",
        "x-request-id",
        "x-sighten-event",
    }
)
# How a line ends of which something was erased: `erased` is its last field.
ERASED_ENDINGS = tuple(f'"erased":"{how}"}}'.encode() for how in get_args(Erased))
EMBEDDED_DEPTH = 200  # a deeper body is kept as text, so that every JSON reader can read the line
MAX_BODY_BYTES = 2**40  # the most that a landing line may claim
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))


class LandingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery in a landing file.

    `payload` is the body itself if that is strict JSON (RFC 8259) of at most `EMBEDDED_DEPTH` levels: line breaks,
    which can only stand between values, become spaces, and white space around it is removed; if this changed anything,
    `body` holds the original. Any other body is in `body`: as text if it is UTF-8, else as base64.

    `erased`: only on a line from which `erase` took the whole body or a part of it, or whose body was kept long enough.
    Body, size and digest are then those of what was left.
    """

    landing_id: str
    received_at: str
    source: Source
    method: str | None
    content_type: str | None
    headers: dict[str, str]
    body_sha256: str
    body_bytes: Annotated[int, msgspec.Meta(ge=0, le=MAX_BODY_BYTES)]
    payload: msgspec.Raw
    body: str | None
    body_encoding: Literal["utf-8", "base64"] | None
    erased: Erased | msgspec.UnsetType = msgspec.UNSET

    def body_as_received(self) -> bytes:
        """The body, byte for byte as received."""
        if self.body is None:
            return bytes(self.payload)
        return base64.b64decode(self.body) if self.body_encoding == "base64" else self.body.encode()

    def is_intact(self) -> bool:
        """Whether the body has the size and the digest that were recorded when it was received."""
        try:
            body = self.body_as_received()
        except ValueError:  # no base64, or a text that UTF-8 cannot hold
            return False
        return len(body) == self.body_bytes and hashlib.sha256(body).hexdigest() == self.body_sha256


_encoder = msgspec.json.Encoder()
_line_decoder = msgspec.json.Decoder(LandingLine)


def landing_line(  # noqa: PLR0913  (a line has that many fields)
    body: bytes,
    *,
    landing_id: str,
    received_at: datetime,
    source: Source = "webhook",
    method: str | None = None,
    content_type: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The delivery as one line of a landing file, with its line break; accepts any body."""
    payload, text, encoding = _embed(body)
    kept = {name.lower(): value for name, value in (headers or {}).items() if name.lower() in KEPT_HEADERS}
    line = LandingLine(
        landing_id=landing_id,
        received_at=received_at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"),
        source=source,
        method=method,
        content_type=content_type,
        headers=kept,
        body_sha256=hashlib.sha256(body).hexdigest(),
        body_bytes=len(body),
        payload=msgspec.Raw(payload),
        body=text,
        body_encoding=encoding,
    )
    return _encoder.encode(line) + b"\n"


def without_body(line: LandingLine, *, erased: Erased = "whole") -> bytes:
    """The line after its whole body was erased: what is left tells only that and when something was received."""
    empty = msgspec.structs.replace(line, headers={}, content_type=None, erased=erased)
    return _with_body(empty, b"null")


def with_rest(line: LandingLine, body: bytes) -> bytes:
    """The line after a part of it was erased; `body` is what was left."""
    return _with_body(msgspec.structs.replace(line, erased="part"), body)


def _with_body(line: LandingLine, body: bytes) -> bytes:
    payload, text, encoding = _embed(body)
    new = msgspec.structs.replace(
        line,
        body_sha256=hashlib.sha256(body).hexdigest(),
        body_bytes=len(body),
        payload=msgspec.Raw(payload),
        body=text,
        body_encoding=encoding,
    )
    return _encoder.encode(new)


def _embed(body: bytes) -> tuple[bytes, str | None, Literal["utf-8", "base64"] | None]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return b"null", base64.b64encode(body).decode(), "base64"
    if is_plain_json(body, max_levels=EMBEDDED_DEPTH):
        payload = body.strip(b" \t\r\n").replace(b"\n", b" ").replace(b"\r", b" ")
        return (body, None, None) if payload == body else (payload, text, "utf-8")
    # An escaped control character takes six bytes: for a body full of them, base64 is smaller.
    controls = len(body) - len(body.translate(None, delete=_CONTROLS))
    if controls * 20 > len(body):
        return b"null", base64.b64encode(body).decode(), "base64"
    return b"null", text, "utf-8"


def parse_landing_line(raw: bytes) -> LandingLine:
    """Parse the envelope of a line, not its payload.

    Raises:
        ValueError: it is not a landing line.
    """
    try:
        line = _line_decoder.decode(raw)
        UUID(line.landing_id)
        datetime.fromisoformat(line.received_at).astimezone(UTC)
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError) as error:
        raise ValueError(f"not a landing line: {error}") from error
    return line
