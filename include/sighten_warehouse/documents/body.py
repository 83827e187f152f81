"""Receives the body of a download into a partial file, and checks that it is complete and a document."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import requests

from sighten_warehouse.api.answer import RetryableFailure
from sighten_warehouse.api.session import CHUNK_BYTES, NETWORK_ERRORS, retryable_failure
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.content_type import head_of, mime_type_of, refuse_pages, small_error
from sighten_warehouse.documents.errors import DownloadError
from sighten_warehouse.documents.integrity import (
    ExpectedBody,
    has_end_marker,
    parse_content_range,
    parse_expected_body,
    wrong_hash,
)
from sighten_warehouse.documents.partial import Partial, strong_validator
from sighten_warehouse.payload.answers.downloads import DownloadStatus

MAX_FAILURES = 4
MAX_BYTES = 2 * 1024**3
NO_END_MARKER = "complete by its length, but without the marker that ends a file of its format"
_UNENCODED = ("", "identity")


@dataclass(frozen=True)
class WholeBody:
    """A complete document; `warning` says what is odd about it, if anything."""

    mime_type: str
    warning: str | None


class Body:
    """Receives the bytes of one document over several attempts.

    Args:
        partial: the file they are written to.
        name: the document's name; used only for its extension, never as a path.
        clock: measures the deadline of an attempt.
        max_bytes: larger documents are refused.
    """

    def __init__(self, partial: Partial, *, name: str | None, clock: Clock, max_bytes: int = MAX_BYTES) -> None:
        self._partial = partial
        self._name = name
        self._clock = clock
        self._max_bytes = max_bytes
        self._failures = 0

    def range_headers(self) -> dict[str, str]:
        """Return headers that request only the missing part, if part of the document is there."""
        return self._partial.range_headers()

    def restart(self, status: DownloadStatus, *, message: str, http_status: int) -> RetryableFailure:
        """Drop what was received; the next attempt requests the whole document.

        Raises:
            DownloadError: too many attempts failed.
        """
        self._partial.restart()
        return self._failed(status, message=message, http_status=http_status)

    def receive(self, response: requests.Response, *, deadline: float) -> RetryableFailure | None:
        """Write the body, or the rest of it, to the partial; return why that failed, or None.

        Raises:
            DownloadError: too many attempts failed, or the document is too large.
        """
        status = response.status_code
        size_before = self._partial.size
        expected = parse_expected_body(response.headers, is_part=status == HTTPStatus.PARTIAL_CONTENT)
        if expected.is_length_invalid:
            return self.restart("truncated", message="a Content-Length that is not a number", http_status=status)
        if not self._fits(response, expected):
            return self.restart("truncated", message="not the requested range", http_status=status)
        first, overlap = self._begin(response, expected)
        problem = self._read(response, expected, deadline) or self._missing(response, expected)
        if not self._partial.continues(first, overlap):
            return self.restart("truncated", message="a range that does not match the bytes before", http_status=status)
        if problem is None:
            return None
        self._partial.checkpoint()
        if self._partial.range_headers() and self._partial.size > size_before:
            return RetryableFailure(problem, status)  # progress was made, so this is not counted as a failure
        return self._failed("truncated", message=problem, http_status=status)

    def check(self, response: requests.Response) -> WholeBody | RetryableFailure:
        """Check that the received bytes are a complete document; return why to fetch them again if not.

        Raises:
            DownloadError: it is not a document, or too many attempts failed.
        """
        self._partial.flush()
        status, path = response.status_code, self._partial.path
        expected = parse_expected_body(response.headers, is_part=status == HTTPStatus.PARTIAL_CONTENT)
        if not self._partial.size:
            raise DownloadError("empty", message="an empty body", http_status=status)
        is_ended = has_end_marker(path)
        if not expected.can_show_truncation and not is_ended:
            message = "a body without length, hash or end marker"
            return self.restart("truncated", message=message, http_status=status)
        wrong = wrong_hash(path, expected.hashes) if _is_unencoded(response.headers) else None
        if wrong:
            return self.restart("wrong_hash", message=f"not the announced {wrong}", http_status=status)
        mime_type = mime_type_of(head_of(path), name=self._name)
        content_type = response.headers.get("Content-Type", "")
        refuse_pages(path, mime_type=mime_type, content_type=content_type, name=self._name, http_status=status)
        return WholeBody(mime_type, NO_END_MARKER if is_ended is False else None)

    def error_inside(self) -> bytes | None:
        """Return the received bytes if they may be an error in JSON, and drop them from the document."""
        content = small_error(self._partial.path)
        self._partial.restart()
        return content

    def _fits(self, response: requests.Response, expected: ExpectedBody) -> bool:
        """Whether the body is the whole document or the requested range of it."""
        if response.status_code != HTTPStatus.PARTIAL_CONTENT:
            if (expected.length or 0) > self._max_bytes:
                self._too_large(response.status_code)
            return True
        content_range = parse_content_range(response.headers.get("Content-Range", ""))
        metadata = self._partial.metadata
        if content_range is None or not self._partial.resume_offset or not _is_unencoded(response.headers):
            return False
        etag = response.headers.get("ETag")
        is_same_version = etag is None or not str(metadata.validator).startswith('"') or etag == metadata.validator
        is_same_length = content_range.total is not None and metadata.total in (None, content_range.total)
        return content_range.first == self._partial.resume_offset and is_same_version and is_same_length

    def _begin(self, response: requests.Response, expected: ExpectedBody) -> tuple[int, bytes]:
        """Move the partial to where the body begins; return that offset and the bytes that will come again."""
        if response.status_code == HTTPStatus.PARTIAL_CONTENT:
            return self._partial.resume_offset, self._partial.rewind()
        validator = strong_validator(response.headers) if _is_unencoded(response.headers) else None
        self._partial.restart(total=expected.length, validator=validator)
        return 0, b""

    def _read(self, response: requests.Response, expected: ExpectedBody, deadline: float) -> str | None:
        """Read to the end; return what went wrong, or None."""
        try:
            while size := _next_size(response, expected):
                chunk = response.raw.read1(size, decode_content=True)
                if not chunk:
                    return None
                self._partial.write(chunk)
                if self._partial.size > self._max_bytes:
                    self._too_large(response.status_code)
                if self._clock.monotonic() >= deadline:
                    return "a body that did not end in time"
        except NETWORK_ERRORS as error:
            return retryable_failure(error).reason
        return f"more than the {expected.length} bytes announced"

    def _missing(self, response: requests.Response, expected: ExpectedBody) -> str | None:
        received = response.raw.tell()
        if expected.length is not None and received != expected.length:
            return f"{received} bytes of {expected.length}"
        content_range = parse_content_range(response.headers.get("Content-Range", ""))
        is_range = response.status_code == HTTPStatus.PARTIAL_CONTENT
        if is_range and content_range and self._partial.size != content_range.total:
            return f"{self._partial.size} bytes of {content_range.total}"
        return None

    def _too_large(self, http_status: int) -> None:
        raise DownloadError("too_large", message=f"more than {self._max_bytes} bytes", http_status=http_status)

    def _failed(self, status: DownloadStatus, *, message: str, http_status: int) -> RetryableFailure:
        self._failures += 1
        if self._failures >= MAX_FAILURES:
            raise DownloadError(status, message=message, http_status=http_status)
        return RetryableFailure(message, http_status)


def _next_size(response: requests.Response, expected: ExpectedBody) -> int:
    """How many bytes to read next; 0 if the body is longer than announced.

    The last announced byte is read alone, so that bytes after it can be seen.
    """
    if expected.length is None or expected.is_chunked or not _is_unencoded(response.headers):
        return CHUNK_BYTES
    remaining = expected.length - int(response.raw.tell())
    if remaining == 1 and _has_more(response):
        return 0
    return min(CHUNK_BYTES, max(remaining - 1, 1))


def _has_more(response: requests.Response) -> bool:
    """Whether more than one byte is buffered; http.client silently drops what exceeds Content-Length."""
    reader = getattr(getattr(response.raw, "_original_response", None), "fp", None)
    return reader is not None and len(reader.peek(2)) > 1


def _is_unencoded(headers: Mapping[str, str]) -> bool:
    """Whether the body is not compressed; a compressed one is not resumed, and its hashes are of other bytes."""
    return headers.get("Content-Encoding", "").strip().lower() in _UNENCODED
