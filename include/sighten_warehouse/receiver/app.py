"""The receiver, an ASGI application: it lands what is delivered and acknowledges only what is landed."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from sighten_warehouse.errors import StorageError
from sighten_warehouse.receiver.auth.claims import Authentication, Claim
from sighten_warehouse.receiver.auth.replays import DeliveryAttempt
from sighten_warehouse.receiver.group_commit import Committer, WebhookDelivery
from sighten_warehouse.receiver.memory import WaitingBytes, max_waiting_bytes
from sighten_warehouse.receiver.metrics import DeliveryOutcome, ReceiverMetrics, RefusalLog
from sighten_warehouse.receiver.readiness import Readiness
from sighten_warehouse.receiver.responses import HttpResponse, Receive, Scope, Send, json_response, say

WEBHOOK_PATH = "/webhooks/sighten"
WEBHOOK_METHODS = ("POST", "PUT", "PATCH")
READ_METHODS = ("GET", "HEAD")
BODY_SECONDS = 120.0
OK = 200
STRANGERS_LINGER_BYTES = 1024 * 1024  # enough for whoever sends milestones to read that its credential is wrong
LONG_BODY_BYTES = 256 * 1024  # to sign it takes long enough to be done beside the event loop
SOON, LATER = {"retry-after": "1"}, {"retry-after": "10"}

log = structlog.get_logger()


class Receiver:
    """Answers deliveries, `/healthz` and `/metrics`.

    Memory is bounded: bodies that came and are not yet answered hold at most `max_waiting_bytes` (64 MiB, or twice
    the largest body if that is more); what comes on top is answered 503. The lines of the group that is being
    committed take about as much again. A body has `body_seconds` to come. Bodies are checked, hashed and written on
    the committer's thread; on the event loop they are only put together.
    """

    def __init__(  # noqa: PLR0913  (the parts it is made of)
        self,
        *,
        committer: Committer,
        readiness: Readiness,
        metrics: ReceiverMetrics,
        authentication: Authentication,
        max_body_bytes: int,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._committer = committer
        self._readiness = readiness
        self._metrics = metrics
        self._authentication = authentication
        self._refusals = RefusalLog(metrics)
        self._max_body_bytes = max_body_bytes
        self._body_seconds = body_seconds
        self._waiting = WaitingBytes(max_waiting_bytes(max_body_bytes))
        metrics.waiting_bytes.set_function(lambda: self._waiting.total)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        try:
            answer = await self._answer(scope, receive)
        except asyncio.CancelledError:
            # The server stops and has waited long enough; whoever is still sending is told to come again. Nobody has
            # time for the courtesies of an early answer.
            answer = self._counted("not_stored", json_response(503, headers=SOON, status="stopping"))
        await say(answer, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> HttpResponse:
        path, method = scope["path"], scope["method"]
        if path.removesuffix("/") == WEBHOOK_PATH:
            if method not in WEBHOOK_METHODS:
                return _wrong_method(WEBHOOK_METHODS)
            return await self._take_in(scope, receive)
        if path not in ("/healthz", "/metrics"):
            return json_response(404, early=True, status="not_found", expected=f"POST {WEBHOOK_PATH}")
        if method not in READ_METHODS:
            return _wrong_method(READ_METHODS)
        return await self._health() if path == "/healthz" else self._metrics_text()

    async def _health(self) -> HttpResponse:
        problem = await self._readiness.problem()
        if problem is None:
            return json_response(200, status="ready")
        return json_response(503, headers=LATER, status="not_ready", reason=problem)

    def _metrics_text(self) -> HttpResponse:
        return HttpResponse(200, self._metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")

    async def _take_in(self, scope: Scope, receive: Receive) -> HttpResponse:
        headers = _headers(scope)
        claim = self._authentication.claim(scope["headers"])
        if claim is None:
            return replace(self._unauthenticated(), early=True, linger_bytes=STRANGERS_LINGER_BYTES)
        with self._waiting.body() as take:
            body = await self._body(headers, receive, take)
            if isinstance(body, HttpResponse):
                return body
            if not await _is_proven(claim, body):
                return self._unauthenticated()
            delivery = WebhookDelivery(
                body=body, method=scope["method"], content_type=headers.get("content-type"), headers=headers
            )
            return await (self._land_once(delivery, claim.attempt) if claim.attempt else self._land(delivery))

    async def _body(
        self, headers: Mapping[str, str], receive: Receive, take: Callable[[int], bool]
    ) -> bytes | HttpResponse:
        if int(headers.get("content-length", 0)) > self._max_body_bytes:
            return self._too_large()
        pieces: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return self._incomplete("the client went away")
                    size += len(message["body"])
                    if size > self._max_body_bytes:
                        return self._too_large()
                    if not take(len(message["body"])):
                        return self._too_busy()
                    pieces.append(message["body"])
                    if not message.get("more_body"):
                        return b"".join(pieces)
        except TimeoutError:
            return self._incomplete(f"the body did not come within {self._body_seconds:g} s")

    async def _land_once(self, delivery: WebhookDelivery, attempt: DeliveryAttempt) -> HttpResponse:
        if not attempt.begin():
            # The same attempt is being landed. Should that fail this one is wanted, so it is told to come again.
            return self._counted("not_stored", json_response(503, headers=SOON, status="busy"))
        landed = False
        try:
            answer = await self._land(delivery)
            landed = answer.status == OK
        finally:
            attempt.end(landed=landed)
        return answer

    async def _land(self, delivery: WebhookDelivery) -> HttpResponse:
        try:
            landing_id = await asyncio.wrap_future(self._committer.submit(delivery))
        except StorageError:  # the committer has said why; the sender need not know our paths
            return self._counted("not_stored", json_response(503, headers=LATER, status="not_stored"))
        return self._counted("landed", json_response(OK, landing_id=landing_id, status="landed"))

    def _unauthenticated(self) -> HttpResponse:
        self._refusals.add()
        challenge = self._authentication.challenge
        headers = {"www-authenticate": challenge} if challenge else {}
        return json_response(401, headers=headers, status="unauthenticated")

    def _too_large(self) -> HttpResponse:
        most = self._max_body_bytes
        log.warning("refused_too_large", max_bytes=most)
        return self._counted("too_large", json_response(413, early=True, status="too_large", max_body_bytes=most))

    def _too_busy(self) -> HttpResponse:
        log.warning("refused_too_busy", waiting_bytes=self._waiting.total)
        return self._counted("not_stored", json_response(503, early=True, headers=SOON, status="busy"))

    def _incomplete(self, reason: str) -> HttpResponse:
        log.warning("delivery_broke_off", reason=reason)
        return self._counted("incomplete", json_response(408, early=True, status="incomplete", reason=reason))

    def _counted(self, outcome: DeliveryOutcome, answer: HttpResponse) -> HttpResponse:
        self._metrics.deliveries.labels(outcome).inc()
        return answer


async def _is_proven(claim: Claim, body: bytes) -> bool:
    if len(body) < LONG_BODY_BYTES:
        return claim.is_proven_by(body)
    return await asyncio.to_thread(claim.is_proven_by, body)


def _wrong_method(allowed: tuple[str, ...]) -> HttpResponse:
    return json_response(405, early=True, headers={"allow": ", ".join(allowed)}, status="wrong_method")


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
