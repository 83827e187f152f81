"""What an answer promises of its body, how long it is and which hash it has, and whether that holds."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Names of algorithms, as the headers write them, to those of hashlib.
_ALGORITHMS = {"md5": "md5", "sha": "sha1", "sha-1": "sha1", "sha-256": "sha256", "sha-512": "sha512"}
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_LENGTH = re.compile(r"\d{1,18}")
# The last bytes of a file in which the mark stands that ends it: for PDF as viewers look for it, for the others by
# their formats; a ZIP file ends with a directory and a comment of at most 65,535 bytes.
_ENDS = (
    (b"%PDF-", b"%%EOF", 1024),
    (b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82", 12),
    (b"\xff\xd8\xff", b"\xff\xd9", 2),
    (b"GIF8", b";", 1),
    (b"PK\x03\x04", b"PK\x05\x06", 65_557),
)


@dataclass(frozen=True)
class Promises:
    """What the headers say.

    Args:
        length: bytes of this answer's body; None if that is not told.
        is_length_unfit: there is a Content-Length that is no number.
        is_chunked: the body marks its own end.
        hashes: algorithm and digest of the whole document, where they are told.
    """

    length: int | None
    is_length_unfit: bool
    is_chunked: bool
    hashes: tuple[tuple[str, bytes], ...]

    @property
    def tell_the_end(self) -> bool:
        """Whether a body that was cut off could be told from a whole one."""
        return self.length is not None or self.is_chunked or bool(self.hashes)


@dataclass(frozen=True)
class Part:
    """Which bytes of the document a 206 brings: the first, the last, and how many there are in all, if that is told."""

    first: int
    last: int
    total: int | None


def promises_of(headers: Mapping[str, str], *, is_part: bool) -> Promises:
    """What an answer with those headers promises.

    An ETag is no hash: some servers make it of one, and none has to. Of a part, hashes of the message are of no use.
    """
    said = headers.get("Content-Length")
    length = int(said) if said is not None and _LENGTH.fullmatch(said.strip()) else None
    is_chunked = "chunked" in headers.get("Transfer-Encoding", "").lower()
    hashes = [*_listed(headers.get("Digest", "")), *_listed(headers.get("Repr-Digest", ""))]
    if not is_part:
        hashes += [*_listed(headers.get("Content-Digest", ""))]
        hashes += [*_digest("md5", headers.get("Content-MD5", ""))]
    return Promises(length, said is not None and length is None, is_chunked, tuple(hashes))


def part_of(content_range: str) -> Part | None:
    """What a Content-Range says; None if it cannot be read."""
    match = _CONTENT_RANGE.fullmatch(content_range.strip())
    if match is None:
        return None
    first, last, total = match.groups()
    return Part(int(first), int(last), None if total == "*" else int(total))


def _listed(header: str) -> Iterator[tuple[str, bytes]]:
    """`sha-256=…` (RFC 3230) and `sha-256=:…:` (RFC 9530), several of them after commas."""
    for one in header.split(","):
        name, _, value = one.strip().partition("=")
        yield from _digest(name.strip().lower(), value.strip().strip(":"))


def _digest(name: str, value: str) -> Iterator[tuple[str, bytes]]:
    """The digest, if it is one of an algorithm that is known: of what cannot be read nothing can be said."""
    algorithm = _ALGORITHMS.get(name)
    if algorithm is None or not value:
        return
    with suppress(binascii.Error, ValueError):
        digest = base64.b64decode(value, validate=True)
        if len(digest) == hashlib.new(algorithm, usedforsecurity=False).digest_size:
            yield algorithm, digest


def wrong_hash(path: Path, hashes: tuple[tuple[str, bytes], ...]) -> str | None:
    """The first algorithm by which the file is another than promised; None if it is as promised."""
    for algorithm, digest in hashes:
        with path.open("rb") as file:
            if hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).digest() != digest:  # noqa: B023  (called at once)
                return algorithm
    return None


def ends_as_its_format_does(path: Path) -> bool | None:
    """Whether the mark stands there that ends a file of its format; None of a format that has none."""
    with path.open("rb") as file:
        begin = file.read(8)
        for magic, mark, within in _ENDS:
            if begin.startswith(magic):
                size = file.seek(0, 2)
                file.seek(max(0, size - within))
                return mark in file.read()
    return None
