"""Reads the announced length and hashes of a body, and checks files against them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Algorithm names in headers to names in hashlib.
_ALGORITHMS = {"md5": "md5", "sha": "sha1", "sha-1": "sha1", "sha-256": "sha256", "sha-512": "sha512"}
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_LENGTH = re.compile(r"\d{1,18}")
# Format magic, end marker, and how many last bytes may hold the marker: for PDF as viewers search for it, for the
# others by their formats. A ZIP file ends with a directory and a comment of at most 65,535 bytes.
_END_MARKERS = (
    (b"%PDF-", b"%%EOF", 1024),
    (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82", 12),
    (b"\xff\xd8\xff", b"\xff\xd9", 2),
    (b"GIF8", b";", 1),
    (b"PK\x03\x04", b"PK\x05\x06", 65_557),
)


@dataclass(frozen=True)
class ExpectedBody:
    """What the headers announce about the body.

    Args:
        length: bytes of this response's body; None if not announced.
        is_length_invalid: there is a Content-Length that is not a number.
        is_chunked: the body has chunked framing, which shows its end.
        hashes: announced algorithms and digests of the whole document.
    """

    length: int | None
    is_length_invalid: bool
    is_chunked: bool
    hashes: tuple[tuple[str, bytes], ...]

    @property
    def can_show_truncation(self) -> bool:
        """Whether a truncated body would be noticed."""
        return self.length is not None or self.is_chunked or bool(self.hashes)


@dataclass(frozen=True)
class ContentRange:
    """The bytes of the document in a 206: first, last, and the total if announced."""

    first: int
    last: int
    total: int | None


def parse_expected_body(headers: Mapping[str, str], *, is_part: bool) -> ExpectedBody:
    """Read what the headers announce.

    An ETag is not used as a hash: servers may build it from one, but need not. Of a part, hashes of the message are
    ignored: they do not cover the document.
    """
    content_length = headers.get("Content-Length")
    length = int(content_length) if content_length is not None and _LENGTH.fullmatch(content_length.strip()) else None
    is_chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    hashes = [*_parse_digests(headers.get("Digest", "")), *_parse_digests(headers.get("Repr-Digest", ""))]
    if not is_part:
        hashes += [*_parse_digests(headers.get("Content-Digest", ""))]
        hashes += [*_parse_digest("md5", headers.get("Content-MD5", ""))]
    return ExpectedBody(length, content_length is not None and length is None, is_chunked, tuple(hashes))


def parse_content_range(content_range: str) -> ContentRange | None:
    """Parse a Content-Range header; None if it is invalid."""
    match = _CONTENT_RANGE.fullmatch(content_range.strip())
    if match is None:
        return None
    first, last, total = match.groups()
    return ContentRange(int(first), int(last), None if total == "*" else int(total))


def _parse_digests(header: str) -> Iterator[tuple[str, bytes]]:
    """Parse comma-separated digests: `sha-256=…` (RFC 3230) or `sha-256=:…:` (RFC 9530)."""
    for entry in header.split(","):
        name, _, value = entry.strip().partition("=")
        yield from _parse_digest(name.strip().lower(), value.strip().strip(":"))


def _parse_digest(name: str, value: str) -> Iterator[tuple[str, bytes]]:
    """Yield the digest, if its algorithm is known and it can be decoded."""
    algorithm = _ALGORITHMS.get(name)
    if algorithm is None or not value:
        return
    with suppress(binascii.Error, ValueError):
        digest = base64.b64decode(value, validate=True)
        if len(digest) == hashlib.new(algorithm, usedforsecurity=False).digest_size:
            yield algorithm, digest


def wrong_hash(path: Path, hashes: tuple[tuple[str, bytes], ...]) -> str | None:
    """Return the first algorithm whose digest differs from the announced one; None if all match."""
    for algorithm, digest in hashes:
        with path.open("rb") as file:
            if hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).digest() != digest:  # noqa: B023  (called at once)
                return algorithm
    return None


def has_end_marker(path: Path) -> bool | None:
    """Whether the file ends with the marker of its format; None if the format has no marker, or is unknown."""
    with path.open("rb") as file:
        head = file.read(8)
        for magic, marker, within in _END_MARKERS:
            if head.startswith(magic):
                size = file.seek(0, 2)
                file.seek(max(0, size - within))
                return marker in file.read()
    return None
