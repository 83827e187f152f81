"""Requests from the bytes of a connection, as strictly as RFC 9112 allows."""

from collections.abc import Sequence
from typing import Protocol
from urllib.parse import unquote

import httptools

from sighten_warehouse.receiver.requests import Request

MAX_HEAD_BYTES = 32 * 1024
MAX_HEADERS = 100  # each takes far more memory than its bytes
CHUNK_FRAMING = 0.5  # of a chunked body's bytes; sizes, extensions and trailers may take that and a head's bytes

_FRAMING = (b"content-length", b"transfer-encoding", b"host", b"expect")


class BadRequestError(Exception):
    """What a client sent is no request; the message says why."""


class Requests(Protocol):
    """Takes what the parser finds, in this order for each request."""

    def begin(self, request: Request, *, is_last: bool, expects_continue: bool) -> None:
        """A head; `is_last`: the client wants the connection closed after the response."""

    def add(self, piece: bytes) -> None:
        """Bytes of the body."""

    def end(self) -> None:
        """The end of the body."""


class RequestParser:
    """Parses what one connection receives.

    Framing that others might read differently is refused: a body with two lengths, bare line feeds, folded headers,
    codings other than `chunked`. An offer to upgrade is ignored.
    """

    def __init__(self, requests: Requests) -> None:
        self._requests = requests
        self._parser = httptools.HttpRequestParser(self)
        self.is_in_head = False
        self._is_in_body = False
        self._head_bytes = 0
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._pieces: list[bytes] = []  # of the body, one a chunk
        self._is_chunked = False
        self._body_bytes = self._fed_bytes = 0

    def feed(self, data: bytes | memoryview) -> None:
        """Parse the next bytes.

        Raises:
            BadRequestError: they are no HTTP; nothing may be fed after that.
        """
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            head, rest = self._without_upgrade(), data[upgrade.args[0] :]
            self._parser = httptools.HttpRequestParser(self)
            self.feed(head)
            if rest:
                self.feed(rest)
            return
        except httptools.HttpParserCallbackError as error:
            raise error.__context__ or error from None
        except httptools.HttpParserError as error:
            raise BadRequestError(str(error)) from error
        if self.is_in_head:
            self._count_head(len(data))
        elif self._is_in_body:
            self._hand_over()
            self._count_framing(len(data))

    def end(self) -> None:
        """Release what refers to this, so that nothing waits for the garbage collection; feed no more."""
        del self._parser, self._requests

    def on_message_begin(self) -> None:
        """The first byte of a head."""
        self.is_in_head = True
        self._head_bytes = 0
        self._target = b""
        self._headers = []

    def on_url(self, part: bytes) -> None:
        """Some of the target."""
        self._target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header, or a trailer: those are ignored, since nothing may depend on them."""
        if self.is_in_head:
            self._headers.append((name.lower(), value))
            self._count_head(len(name) + len(value))
            if len(self._headers) > MAX_HEADERS:
                raise BadRequestError(f"the head has more than {MAX_HEADERS} headers")

    def on_headers_complete(self) -> None:
        """The end of a head."""
        if self._parser.should_upgrade():
            return
        self.is_in_head, self._is_in_body = False, True
        self._body_bytes = self._fed_bytes = 0
        framing = [header for header in self._headers if header[0] in _FRAMING]
        version = self._parser.get_http_version()
        _check(framing, version)
        found = dict(framing)
        self._is_chunked = b"transfer-encoding" in found
        self._requests.begin(
            Request(self._parser.get_method().decode(), _path(self._target), self._headers, _length(found)),
            is_last=version == "1.0" or not self._parser.should_keep_alive(),
            expects_continue=found.get(b"expect", b"").lower() == b"100-continue",
        )

    def on_body(self, piece: bytes) -> None:
        """Some of the body."""
        if self._is_chunked:
            self._pieces.append(piece)
        else:
            self._body_bytes += len(piece)
            self._requests.add(piece)

    def on_message_complete(self) -> None:
        """The end of a request."""
        if self._is_in_body:
            self._is_in_body = False
            self._hand_over()
            self._requests.end()

    def _hand_over(self) -> None:
        # Once for all chunks that came together: handing over each of thousands of tiny ones took most of the time.
        if self._pieces:
            piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces.clear()
            self._body_bytes += len(piece)
            self._requests.add(piece)

    def _without_upgrade(self) -> bytes:
        # The client offers another protocol, and is answered in this one (RFC 9110, section 7.8). The parser takes the
        # body for that protocol, so it is given the head again, without the offer.
        method = self._parser.get_method()
        if method == b"CONNECT":
            raise BadRequestError("CONNECT, expected POST")
        lines = [b"%b: %b\r\n" % header for header in self._headers if header[0] != b"upgrade"]
        version = self._parser.get_http_version().encode()
        return b"%b %b HTTP/%b\r\n%b\r\n" % (method, self._target, version, b"".join(lines))

    def _count_framing(self, size: int) -> None:
        # Each chunk costs time, and a trailer memory, so a body may not have much of them.
        self._fed_bytes += size
        framing = self._fed_bytes - self._body_bytes
        if framing > MAX_HEAD_BYTES + CHUNK_FRAMING * self._body_bytes:
            raise BadRequestError(f"{self._body_bytes} bytes of body in {framing} bytes of chunk sizes and trailers")

    def _count_head(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > MAX_HEAD_BYTES:
            raise BadRequestError(f"the head has more than {MAX_HEAD_BYTES} bytes")


def _check(framing: Sequence[tuple[bytes, bytes]], version: str) -> None:
    if version not in ("1.0", "1.1"):
        raise BadRequestError(f"HTTP/{version}, expected HTTP/1.1")
    names = [name for name, _ in framing]
    hosts = names.count(b"host")
    if hosts > 1 or (hosts == 0 and version == "1.1"):
        raise BadRequestError(f"{hosts} Host headers, expected one")
    codings = [value.lower() for name, value in framing if name == b"transfer-encoding"]
    if codings and (codings != [b"chunked"] or version == "1.0" or b"content-length" in names):
        raise BadRequestError("expected Transfer-Encoding: chunked alone, or Content-Length")


def _length(framing: dict[bytes, bytes]) -> int | None:
    return None if b"transfer-encoding" in framing else int(framing.get(b"content-length", b"0"))


def _path(target: bytes) -> str:
    path = target.partition(b"?")[0].decode("latin-1")
    return unquote(path) if "%" in path else path
