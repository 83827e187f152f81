"""What a connection hands to the receiver, the head of a request and then its body, and what comes back."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from sighten_warehouse.receiver.responses import HttpResponse

WEBHOOK_PATH = "/webhooks/sighten"  # of a tenant, with its name behind it

Respond = Callable[[HttpResponse], None]
"""Sends the response to one request, on the event loop; later calls have no effect."""


def webhook_path(tenant: str | None) -> str:
    """Where deliveries are sent to: each tenant has a path, so that a proxy's slip lands nothing in another's home."""
    return f"{WEBHOOK_PATH}/{tenant}" if tenant else WEBHOOK_PATH


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
    CROWDED = "others need the room"


class Exchange(Protocol):
    """Takes the body of one request and responds, now or later."""

    def add(self, piece: bytes) -> None:
        """Take the next bytes of the body."""

    def end(self) -> None:
        """The body is complete."""

    def break_off(self, cause: BrokenOff) -> None:
        """Give up, and respond at once."""


class Answer:
    """One request in progress on a connection, and its response once there is one.

    `is_last`: the connection closes after it. `without_content`: for HEAD. `is_read`: the request, to its end.
    """

    __slots__ = ("exchange", "is_last", "is_read", "response", "without_content")

    def __init__(self, *, is_last: bool, without_content: bool) -> None:
        self.is_last = is_last
        self.without_content = without_content
        self.is_read = False
        self.exchange: Exchange | None = None
        self.response: HttpResponse | None = None

    @property
    def taking(self) -> Exchange | None:
        """What takes the body; None once there is a response."""
        return self.exchange if self.response is None else None

    def break_off(self, cause: BrokenOff) -> None:
        """Give up, unless there is a response already."""
        if self.taking is not None:
            self.taking.break_off(cause)


class Application(Protocol):
    """Answers requests; for use on one event loop."""

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Requests will come on this loop."""

    def begin(self, request: Request, respond: Respond, *, peer: str) -> Exchange:
        """Look at the head; may respond before it returns. `peer`: the network address that it came from."""
