"""Takes the body of an answer into a partial document, and says whether it is whole and a document at all."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import requests

from sighten_warehouse.api.answer import RetryableFailure
from sighten_warehouse.api.session import NETWORK_ERRORS, PIECE_BYTES, retryable_failure
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.content_type import head_of, mime_type_of, refuse_pages, small_error
from sighten_warehouse.documents.errors import DownloadError
from sighten_warehouse.documents.integrity import Promises, ends_as_its_format_does, part_of, promises_of, wrong_hash
from sighten_warehouse.documents.partial import Partial, strong_validator
from sighten_warehouse.payload.answers.downloads import DownloadStatus

MAX_FAILURES = 4
LARGEST_DOCUMENT = 2 * 1024**3
NO_END = "whole by its length, but it lacks the mark that ends a file of its format"
_AS_IT_IS = ("", "identity")


@dataclass(frozen=True)
class Whole:
    """A document that came whole, as far as can be told; `doubt` says what there is about it."""

    mime_type: str
    doubt: str | None


class Body:
    """The bytes of one document over several attempts.

    Args:
        partial: where they go.
        name: the document's; it tells what kind of file to expect, and is never a path.
        clock: for when an attempt must end.
        max_bytes: a larger document is refused.
    """

    def __init__(self, partial: Partial, *, name: str | None, clock: Clock, max_bytes: int = LARGEST_DOCUMENT) -> None:
        self._partial = partial
        self._name = name
        self._clock = clock
        self._max_bytes = max_bytes
        self._failures = 0

    def range_headers(self) -> dict[str, str]:
        """The headers that ask for what is lacking, if some of it is there."""
        return self._partial.range_headers()

    def begin_again(self, status: DownloadStatus, *, said: str, http_status: int) -> RetryableFailure:
        """Nothing of what came so far is used; the next attempt asks for the whole.

        Raises:
            DownloadError: it went wrong too often.
        """
        self._partial.restart()
        return self._failed(status, said=said, http_status=http_status)

    def take(self, response: requests.Response, *, until: float) -> RetryableFailure | None:
        """The whole body, or the rest of it, is in the partial; or why it is not yet.

        Raises:
            DownloadError: it went wrong too often, or it is larger than a document may be.
        """
        status = response.status_code
        had = self._partial.size
        promises = promises_of(response.headers, is_part=status == HTTPStatus.PARTIAL_CONTENT)
        if promises.is_length_unfit:
            return self.begin_again("truncated", said="a Content-Length that is no number", http_status=status)
        if not self._fits(response, promises):
            return self.begin_again("truncated", said="another part than was asked for", http_status=status)
        first, there = self._begin(response, promises)
        lacking = self._read(response, promises, until) or self._lacking(response, promises)
        if not self._partial.goes_on(first, there):
            return self.begin_again("truncated", said="a part that does not go on", http_status=status)
        if lacking is None:
            return None
        self._partial.checkpoint()
        if self._partial.range_headers() and self._partial.size > had:
            return RetryableFailure(lacking, status)  # the next attempt gets further
        return self._failed("truncated", said=lacking, http_status=status)

    def judge(self, response: requests.Response) -> Whole | RetryableFailure:
        """What the document is that lies there, or why to fetch it again.

        Raises:
            DownloadError: it is no document, or wrong too often.
        """
        self._partial.flush()
        status, path = response.status_code, self._partial.path
        promises = promises_of(response.headers, is_part=status == HTTPStatus.PARTIAL_CONTENT)
        if not self._partial.size:
            raise DownloadError("empty", said="an empty body", http_status=status)
        ends = ends_as_its_format_does(path)
        if not promises.tell_the_end and not ends:
            return self.begin_again("truncated", said="a body whose end nothing tells", http_status=status)
        wrong = wrong_hash(path, promises.hashes) if _is_as_it_is(response.headers) else None
        if wrong:
            return self.begin_again("wrong_hash", said=f"bytes of another {wrong} than announced", http_status=status)
        mime_type = mime_type_of(head_of(path), name=self._name)
        content_type = response.headers.get("Content-Type", "")
        refuse_pages(path, mime_type=mime_type, content_type=content_type, name=self._name, http_status=status)
        return Whole(mime_type, NO_END if ends is False else None)

    def error_inside(self) -> bytes | None:
        """The bytes that came, where they may be an error in JSON; they are no part of the document."""
        content = small_error(self._partial.path)
        self._partial.restart()
        return content

    def _fits(self, response: requests.Response, promises: Promises) -> bool:
        """Whether the body is the whole document, or the part of it that was asked for."""
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            if (promises.length or 0) > self._max_bytes:
                self._too_large(response.status_code)
            return True
        part, kept = part_of(response.headers.get("Content-Range", "")), self._partial.kept
        if part is None or not self._partial.goes_on_at or not _is_as_it_is(response.headers):
            return False
        etag = response.headers.get("ETag")
        is_this_version = etag is None or not str(kept.validator).startswith('"') or etag == kept.validator
        is_this_length = part.total is not None and kept.total in (None, part.total)
        return part.first == self._partial.goes_on_at and is_this_version and is_this_length

    def _begin(self, response: requests.Response, promises: Promises) -> tuple[int, bytes]:
        """The partial is where the body begins; returns where that is, and what was there of it already."""
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            return self._partial.goes_on_at, self._partial.step_back()
        validator = strong_validator(response.headers) if _is_as_it_is(response.headers) else None
        self._partial.restart(total=promises.length, validator=validator)
        return 0, b""

    def _read(self, response: requests.Response, promises: Promises, until: float) -> str | None:
        """Reads to the end; says what came instead of it."""
        try:
            while most := _next_piece(response, promises):
                piece = response.raw.read1(most, decode_content=True)
                if not piece:
                    return None
                self._partial.write(piece)
                if self._partial.size > self._max_bytes:
                    self._too_large(response.status_code)
                if self._clock.monotonic() >= until:
                    return "a body that did not end in time"
        except NETWORK_ERRORS as error:
            return retryable_failure(error).reason
        return f"more than the {promises.length} bytes announced"

    def _lacking(self, response: requests.Response, promises: Promises) -> str | None:
        came = response.raw.tell()
        if promises.length is not None and came != promises.length:
            return f"{came} bytes of {promises.length}"
        part = part_of(response.headers.get("Content-Range", ""))
        if response.status_code == HTTPStatus.PARTIAL_CONTENT and part and self._partial.size != part.total:
            return f"{self._partial.size} bytes of {part.total}"
        return None

    def _too_large(self, http_status: int) -> None:
        raise DownloadError("too_large", said=f"more than {self._max_bytes} bytes", http_status=http_status)

    def _failed(self, status: DownloadStatus, *, said: str, http_status: int) -> RetryableFailure:
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            raise DownloadError(status, said=said, http_status=http_status)
        return RetryableFailure(said, http_status)


def _next_piece(response: requests.Response, promises: Promises) -> int:
    """How many bytes to read; the last one by itself, when it can be seen whether it is the last; 0 if it is not."""
    if promises.length is None or promises.is_chunked or not _is_as_it_is(response.headers):
        return PIECE_BYTES
    left = promises.length - int(response.raw.tell())
    if left == 1 and _is_more_there(response):
        return 0
    return min(PIECE_BYTES, max(left - 1, 1))


def _is_more_there(response: requests.Response) -> bool:
    """Whether more than one byte waits: http.client would take the rest of a too long body for nothing at all."""
    reader = getattr(getattr(response.raw, "_original_response", None), "fp", None)
    return reader is not None and len(reader.peek(2)) > 1


def _is_as_it_is(headers: Mapping[str, str]) -> bool:
    """Whether the body is the document itself. A compressed one is not resumed, and its hashes are of other bytes."""
    return headers.get("Content-Encoding", "").strip().lower() in _AS_IT_IS
