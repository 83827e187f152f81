"""Landing: every delivery as received, one line each, in files that never change once visible."""

import base64
import hashlib
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

import msgspec
import pyarrow as pa
import uuid6

from sighten_warehouse.durable import write_durably

Source = Literal["webhook", "api", "import"]

KEPT_HEADERS = frozenset(
    {
        "content-encoding",
        "content-type",
        "user-agent",
        "webhook-id",
        "webhook-timestamp",
        "x-request-id",
        "x-sighten-event",
    }
)
EMBEDDED_DEPTH = 200  # a deeper body is kept as text, so that every line stays readable by every JSON reader
SUFFIXES = (".ndjson", ".ndjson.zst")
_BRACKETS_OR_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{}]')


class LandingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery as it lies in a landing file.

    `payload` is the body itself where that is strict JSON (RFC 8259) of at most `EMBEDDED_DEPTH` levels; its line breaks,
    which can only stand between values, are then spaces, and `body` holds the original if there were any.
    Otherwise the whole body is in `body`, as text or, where it is not UTF-8, as base64.
    """

    landing_id: str
    received_at: str
    source: Source
    method: str | None
    content_type: str | None
    headers: dict[str, str]
    body_sha256: str
    body_bytes: int
    payload: msgspec.Raw
    body: str | None
    body_encoding: Literal["utf-8", "base64"] | None

    def body_as_received(self) -> bytes:
        """The body, byte for byte as it came."""
        if self.body is None:
            return bytes(self.payload)
        return base64.b64decode(self.body) if self.body_encoding == "base64" else self.body.encode()


_encoder = msgspec.json.Encoder()
_line_decoder = msgspec.json.Decoder(LandingLine)


def new_landing_id() -> str:
    """A UUIDv7: later ones of one process sort after earlier ones (RFC 9562)."""
    return str(uuid6.uuid7())


def landing_line(  # noqa: PLR0913  (a line has that many facts)
    body: bytes,
    *,
    landing_id: str,
    received_at: datetime,
    source: Source = "webhook",
    method: str | None = None,
    content_type: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """The delivery as one line of a landing file, its line break included; any body at all is taken."""
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


def _embed(body: bytes) -> tuple[bytes, str | None, Literal["utf-8", "base64"] | None]:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return b"null", base64.b64encode(body).decode(), "base64"
    if not _is_strict_json(body) or depth(body) > EMBEDDED_DEPTH:
        return b"null", text, "utf-8"
    if b"\n" in body or b"\r" in body:
        return body.replace(b"\n", b" ").replace(b"\r", b" "), text, "utf-8"
    return body, None, None


def _is_strict_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False
    return True


def depth(body: bytes) -> int:
    """How many levels of arrays and objects the JSON text nests."""
    if body.count(b"[") + body.count(b"{") <= EMBEDDED_DEPTH:
        return 0
    deepest = level = 0
    for match in _BRACKETS_OR_STRINGS.finditer(body):
        token = match.group()
        if token in (b"[", b"{"):
            level += 1
            deepest = max(deepest, level)
        elif token in (b"]", b"}"):
            level -= 1
    return deepest


def write_landing_file(landing: Path, lines: Sequence[bytes], *, received_at: datetime) -> str:
    """One new landing file with those lines, visible only when it is on stable storage; returns its name below `landing`.

    Raises:
        OSError: the disk refused; no file is visible and nothing may be acknowledged.
    """
    name = f"received_date={received_at.astimezone(UTC):%Y-%m-%d}/{new_landing_id()}.ndjson"
    write_durably(landing / name, b"".join(lines))
    return name


def landing_files(landing: Path) -> list[str]:
    """The names below `landing` of all visible landing files, oldest first."""
    found = (path for path in landing.glob("received_date=*/*") if path.name.endswith(SUFFIXES))
    return sorted(path.relative_to(landing).as_posix() for path in found if not path.name.startswith("."))


def read_raw_lines(path: Path) -> Iterator[bytes]:
    """The lines of a landing file, plain or compressed with zstd, in order and without their line breaks.

    Raises:
        OSError: the file cannot be read, or a compressed one is cut off.
    """
    with path.open("rb") as file:
        stream: Any = file
        if path.name.endswith(".zst"):
            stream = io.BufferedReader(pa.CompressedInputStream(pa.PythonFile(file), "zstd"))
        for line in stream:
            stripped = line.rstrip(b"\n")
            if stripped:
                yield stripped


def parse_landing_line(raw: bytes) -> LandingLine:
    """The line's envelope, its payload still unparsed.

    Raises:
        ValueError: it is not a landing line.
    """
    try:
        line = _line_decoder.decode(raw)
        UUID(line.landing_id)
        datetime.fromisoformat(line.received_at)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise ValueError(f"not a landing line: {error}") from error
    return line
