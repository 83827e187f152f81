"""The types of an API call: attempt, reply, answer and retryable failure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    """Status, headers and body of an HTTP response, and when its last byte arrived."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime

    @property
    def content_type(self) -> str:
        """The Content-Type header, or an empty string."""
        return self.headers.get("Content-Type", "")


@dataclass(frozen=True)
class Answer:
    """One response of the API that is final: data, or an error that a retry would not change.

    Args:
        path: the requested path, with names in place of ids; safe to log.
        target: the requested path and query, as stored in landing; never holds the token.
        status: the HTTP status, or the status of an error that came inside a 200.
        content_type: the Content-Type header.
        body: the raw bytes.
        received_at: when the last byte arrived, UTC.
        content: the parsed body; None if it is not JSON.
    """

    path: str
    target: str = field(repr=False)
    status: int
    content_type: str
    body: bytes = field(repr=False)
    received_at: datetime
    content: Any = field(repr=False)


@dataclass(frozen=True)
class RetryableFailure:
    """Why an attempt failed, when another attempt may succeed.

    `retry_after` is the raw Retry-After header.
    """

    reason: str
    status: int | None = None
    retry_after: str | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt at a call: address, attempt number and deadline.

    Args:
        path: the path with names in place of ids, for logs and messages.
        url: the full address.
        number: counts from 1.
        deadline: in monotonic seconds.
    """

    path: str
    url: str
    number: int
    deadline: float

    def at(self, url: str) -> "Attempt":
        """Return the same attempt at another address."""
        return replace(self, url=url)


# Makes an attempt and returns its outcome; called again after a retryable failure.
Follow = Callable[[Attempt], T | RetryableFailure]
