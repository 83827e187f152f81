"""What a call to the API is made of and what may come back: attempt, reply, answer, setback."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Reply:
    """Status, headers and body as they came over HTTP, and when they were all there."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: datetime

    @property
    def content_type(self) -> str:
        """As the API says it; empty if it does not."""
        return self.headers.get("Content-Type", "")


@dataclass(frozen=True)
class Answer:
    """One answer of the API, as it came.

    Args:
        path: the path that was asked, with names in place of ids: for logs.
        target: path and query as asked, as landing keeps them; the token is never a part of it.
        status: what it comes to: an error inside a 200 has the error's own.
        content_type: as the API says it.
        body: its bytes.
        received_at: when the last byte was there, UTC.
        content: the body, parsed; None if it is not JSON.
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
    """Why there is no answer this time; the same call may get one later.

    `retry_after` is the API's header of that name, unread.
    """

    reason: str
    status: int | None = None
    retry_after: str | None = None


@dataclass(frozen=True)
class Attempt:
    """Where to ask, for the how manyth time, and by when it must end.

    Args:
        path: with names in place of ids, for logs and messages.
        url: the whole address.
        number: from 1.
        until: in monotonic seconds.
    """

    path: str
    url: str
    number: int
    until: float

    def at(self, url: str) -> "Attempt":
        """The same attempt at another address."""
        return replace(self, url=url)


# From the attempt to what came of it; it may be asked again after a setback.
Follow = Callable[[Attempt], T | RetryableFailure]
