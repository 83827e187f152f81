"""One delivery: its body, its proof, its landing, its response."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sighten_warehouse.errors import StorageError
from sighten_warehouse.receiver.auth.claims import PROVEN, Claim
from sighten_warehouse.receiver.memory import WaitingBytes
from sighten_warehouse.receiver.outcomes import Outcomes
from sighten_warehouse.receiver.requests import BrokenOff, Request, Respond
from sighten_warehouse.receiver.responses import HttpResponse
from sighten_warehouse.receiver.submissions import Landed, Submission, WebhookDelivery

LONG_BODY_BYTES = 256 * 1024  # a signature of more is checked on another thread


@dataclass(frozen=True, kw_only=True)
class Facilities:
    """What all deliveries share. `submit` calls back on the event loop."""

    submit: Callable[[WebhookDelivery, Callable[[Landed], None]], Submission]
    waiting: WaitingBytes
    outcomes: Outcomes
    max_body_bytes: int


class DeliveryExchange:
    """Gathers the body, checks it and lands it; the body counts as waiting until the response.

    `peer` and `size` are for `WaitingBytes`.
    """

    def __init__(  # noqa: PLR0913  (whose delivery it is, and what it needs)
        self,
        request: Request,
        claim: Claim,
        respond: Respond,
        *,
        peer: str,
        kept: dict[str, str],
        facilities: Facilities,
    ) -> None:
        self._request = request
        self._claim = claim
        self._send = respond
        self._kept = kept
        self._facilities = facilities
        self._body: bytes | bytearray = b""
        self.peer = None if claim is PROVEN else peer
        self.size = 0
        self._is_done = False
        self._submission: Submission | None = None
        self._proof: asyncio.Task[None] | None = None

    def add(self, piece: bytes) -> None:
        """Take bytes of the body, as far as the limits allow."""
        if self._is_done:
            return
        size = len(piece)
        if size == self._request.content_length:
            self.peer = None  # it is complete, and is checked next
        if self.size + size > self._facilities.max_body_bytes:
            self._respond(self._facilities.outcomes.too_large())
        elif not self._facilities.waiting.take(self, size):
            self._respond(self._facilities.outcomes.too_busy())
        elif not self._body:
            self._body = piece  # mostly all of it
        elif isinstance(self._body, bytearray):
            self._body += piece
        else:
            self._body = bytearray(self._body) + piece

    def end(self) -> None:
        """Check the proof; a long body's on another thread."""
        if self._is_done:
            return
        self._facilities.waiting.keep(self)
        body, self._body = bytes(self._body), b""
        if len(body) < LONG_BODY_BYTES:
            self._land(body, is_proven=self._claim.is_proven_by(body))
        else:
            self._proof = asyncio.get_running_loop().create_task(self._prove(body))

    def break_off(self, cause: BrokenOff) -> None:
        """Do not land it, unless that has begun already."""
        if self._is_done:
            return
        if self._submission is not None:
            self._submission.cancel()
            self._end_attempt(landed=False)
        self._respond(self._facilities.outcomes.broken_off(cause))

    def give_up(self) -> None:
        """Answer that another body needed the room."""
        self.break_off(BrokenOff.CROWDED)

    async def _prove(self, body: bytes) -> None:
        is_proven = await asyncio.to_thread(self._claim.is_proven_by, body)
        if not self._is_done:
            self._land(body, is_proven=is_proven)

    def _land(self, body: bytes, *, is_proven: bool) -> None:
        outcomes, attempt = self._facilities.outcomes, self._claim.attempt
        if not is_proven:
            self._respond(outcomes.unauthenticated(early=False))
        elif attempt is not None and not attempt.begin():
            self._respond(outcomes.in_progress())
        else:
            self._submit(body)

    def _submit(self, body: bytes) -> None:
        delivery = WebhookDelivery(
            body=body, method=self._request.method, content_type=self._kept.get("content-type"), headers=self._kept
        )
        try:
            self._submission = self._facilities.submit(delivery, self._settle)
        except StorageError as error:
            self._settle(error)

    def _settle(self, landed: Landed) -> None:
        if self._is_done:
            return
        is_landed, outcomes = isinstance(landed, str), self._facilities.outcomes
        self._end_attempt(landed=is_landed)
        self._respond(outcomes.landed(landed) if isinstance(landed, str) else outcomes.not_stored())

    def _end_attempt(self, *, landed: bool) -> None:
        if self._claim.attempt is not None:
            self._claim.attempt.end(landed=landed)

    def _respond(self, response: HttpResponse) -> None:
        self._is_done = True
        self._body = b""
        self._submission = None  # it refers to this, and its line would wait for the garbage collection
        self._facilities.waiting.release(self)
        self._send(response)
