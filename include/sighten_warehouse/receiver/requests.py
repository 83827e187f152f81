"""What a connection hands to the receiver: the head of a request, then its body."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sighten_warehouse.receiver.responses import HttpResponse

Respond = Callable[[HttpResponse], None]
"""Sends the response to one request, on the event loop; later calls have no effect."""


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request.

    Header names are lower-case; a repeated header is there as often as it was sent. `content_length` is None for a
    chunked body.
    """

    method: str
    path: str
    headers: list[tuple[bytes, bytes]]
    content_length: int | None


class BrokenOff(Enum):
    """Why a request ends unanswered."""

    GONE = "the client went away"
    LATE = "the body did not arrive in time"
    UNREADABLE = "the body is not framed as HTTP says"
    STOPPING = "the receiver stops"


class Exchange(Protocol):
    """Takes the body of one request and responds, now or later."""

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the body."""

    def end(self) -> None:
        """The body is complete."""

    def break_off(self, cause: BrokenOff) -> None:
        """Give up, and respond at once."""


class Application(Protocol):
    """Answers requests; for use on one event loop."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Requests will come on this loop."""

    def begin(self, request: Request, respond: Respond) -> Exchange:
        """Look at the head; may respond before it returns."""
