"""Landing: every delivery as received, one line each, in files that never change once visible."""

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from sighten_warehouse.durable import write_durably
from sighten_warehouse.landing.ids import ARRIVALS
from sighten_warehouse.landing.json_check import depth, is_plain_json

__all__ = [
    "ASKED_HEADER",
    "EMBEDDED_DEPTH",
    "KEPT_HEADERS",
    "SUFFIXES",
    "LandingLine",
    "Source",
    "depth",
    "landing_files",
    "landing_line",
    "new_landing_id",
    "parse_landing_line",
    "read_raw_lines",
    "write_landing_file",
]

Source = Literal["webhook", "api", "import"]

# On lines of source "api": what was asked. No answer brings it; whoever lands one writes it.
ASKED_HEADER = "sighten-asked"
KEPT_HEADERS = frozenset(
    {
        ASKED_HEADER,
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
MOST_BODY_BYTES = 2**40  # that a landing line may claim
SUFFIXES = (".ndjson", ".ndjson.zst")
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))


class LandingLine(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery as it lies in a landing file.

    `payload` is the body itself where that is strict JSON (RFC 8259) of at most `EMBEDDED_DEPTH` levels. Its line
    breaks, which can only stand between values, are then spaces, and white space around it is gone; where there was
    any of either, `body` holds the original. Otherwise the whole body is in `body`, as text or, where it is none in
    UTF-8, as base64.
    """

    landing_id: str
    received_at: str
    source: Source
    method: str | None
    content_type: str | None
    headers: dict[str, str]
    body_sha256: str
    body_bytes: Annotated[int, msgspec.Meta(ge=0, le=MOST_BODY_BYTES)]
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
    return ARRIVALS.next().landing_id


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
    text = _text(body)
    if text is None:
        return b"null", base64.b64encode(body).decode(), "base64"
    if not is_plain_json(body, most_levels=EMBEDDED_DEPTH):
        return b"null", text, "utf-8"
    payload = body.strip(b" \t\r\n").replace(b"\n", b" ").replace(b"\r", b" ")
    return (body, None, None) if payload == body else (payload, text, "utf-8")


def _text(body: bytes) -> str | None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return None
    # Each control character takes six bytes once it is escaped; a body full of them is no text, and base64 is smaller.
    controls = len(body) - len(body.translate(None, delete=_CONTROLS))
    return text if controls * 20 <= len(body) else None


def write_landing_file(landing: Path, lines: Sequence[bytes], *, received_at: datetime) -> str:
    """One new landing file with those lines, visible once it is on stable storage; returns its name below `landing`.

    Raises:
        OSError: the disk refused; nothing may be acknowledged. Where only the folder's sync failed the file is visible:
            then its deliveries, sent again, are landed twice, which the loader counts as duplicates.
    """
    name = f"received_date={received_at.astimezone(UTC):%Y-%m-%d}/{new_landing_id()}.ndjson"
    write_durably(landing / name, lines)
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
        for line in _unzstd(path, file) if path.name.endswith(".zst") else file:
            stripped = line.rstrip(b"\n")
            if stripped:
                yield stripped


def _unzstd(path: Path, file: io.BufferedReader) -> io.BufferedReader:
    import pyarrow as pa  # noqa: PLC0415  (large, and the receiver, which only writes, stays small)

    if not path.stat().st_size:
        # Arrow takes this for the end of the stream and not for a cut off one.
        raise OSError(f"{path}: empty, expected zstd")
    stream: Any = pa.CompressedInputStream(pa.PythonFile(file), "zstd")
    return io.BufferedReader(stream)


def parse_landing_line(raw: bytes) -> LandingLine:
    """The line's envelope, its payload still unparsed.

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
