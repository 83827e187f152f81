"""Decoding the bytes of a body to text: content encodings within bounds, and character sets."""

import codecs
import zlib
from collections.abc import Iterator, Mapping

from sighten_warehouse.errors import RejectedError

MAX_DECODED_BYTES = 64 * 1024 * 1024
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GZIP_OR_ZLIB = 47  # zlib's value for "detect gzip or zlib"
_CHUNK_BYTES = 64 * 1024
_MAX_MEMBERS = 10_000  # each member costs a copy of one chunk
_MAX_ENCODINGS = 8  # nested encodings: each may cost as much as the whole body


def decode_body(body: bytes, *, headers: Mapping[str, str], content_type: str | None) -> str:
    """Decode the body to text.

    Raises:
        RejectedError: the compression is unknown or broken, the text exceeds `MAX_DECODED_BYTES`, or is not text.
    """
    return _decode_characters(_decompress(body, headers.get("content-encoding", "")), content_type)


def _decompress(body: bytes, content_encoding: str) -> bytes:
    encodings = [part.strip().lower() for part in content_encoding.split(",") if part.strip()]
    if len(encodings) > _MAX_ENCODINGS:
        expected = f"at most {_MAX_ENCODINGS} encodings"
        raise RejectedError("unknown_encoding", place="header content-encoding", expected=expected)
    for encoding in reversed(encodings):
        if encoding in ("gzip", "x-gzip", "deflate"):
            body = _inflate(body)
        elif encoding != "identity":
            raise RejectedError(
                "unknown_encoding", place="header content-encoding", expected="gzip, deflate or identity"
            )
    return body


def _inflate(body: bytes) -> bytes:
    for window in (_GZIP_OR_ZLIB, -zlib.MAX_WBITS):  # some senders of "deflate" omit the zlib header
        try:
            return b"".join(_members(memoryview(body), window))
        except zlib.error:
            continue
    raise RejectedError("not_compressed", place="body", expected="data compressed as header content-encoding says")


def _members(body: memoryview, window: int) -> Iterator[bytes]:
    """The data of all members: a gzip body may have several in sequence (RFC 1952 section 2.2)."""
    at, remaining, members = 0, MAX_DECODED_BYTES, 0
    while at < len(body) or not members:
        inflater, members = zlib.decompressobj(window), members + 1
        while at < len(body) and not inflater.eof:
            chunk = body[at : at + _CHUNK_BYTES]
            text = inflater.decompress(chunk, remaining + 1)
            at, remaining = at + len(chunk) - len(inflater.unused_data), remaining - len(text)
            if remaining < 0:
                expected = f"at most {MAX_DECODED_BYTES} bytes once decompressed"
                raise RejectedError("too_big", place="body", expected=expected)
            yield text
        if not inflater.eof:
            raise RejectedError("cut_off", place="body", expected="compressed data with its end")
        if members > _MAX_MEMBERS:
            raise RejectedError("not_compressed", place="body", expected=f"at most {_MAX_MEMBERS} members")


def _decode_characters(body: bytes, content_type: str | None) -> str:
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _decode_as(body, name)
    if b"\x00" in body[:2]:  # UTF-16 without a BOM, detected as in RFC 4627 section 3
        return _decode_as(body, "utf-16-be" if body[0] == 0 else "utf-16-le")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        named = _charset(content_type)
        if named and named not in ("utf-8", "utf8"):
            return _decode_as(body, named)
        raise RejectedError(
            "not_text", place=f"byte {error.start}", expected="UTF-8, or the character set that the content type names"
        ) from None


def _decode_as(body: bytes, name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):  # the sender chose the name, so it is not repeated: it may be any text
        raise RejectedError("not_text", place="body", expected="text in a character set that Python knows") from None
    try:
        return body.decode(known)  # refuses codecs that are not character sets, such as base64
    except (LookupError, UnicodeError, ValueError) as error:
        raise RejectedError("not_text", place="body", expected=f"text in {known} ({error})") from None


def _charset(content_type: str | None) -> str | None:
    for part in (content_type or "").split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == "charset":
            return value.strip().strip("\"'").lower()
    return None
