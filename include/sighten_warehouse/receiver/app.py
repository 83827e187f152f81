"""The receiver, an ASGI application that lands deliveries and acknowledges only landed ones."""

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
from sighten_warehouse.receiver.responses import HttpResponse, Receive, Scope, Send, json_response, send_response

WEBHOOK_PATH = "/webhooks/sighten"
WEBHOOK_METHODS = ("POST", "PUT", "PATCH")
READ_METHODS = ("GET", "HEAD")
BODY_SECONDS = 120.0
OK = 200
UNAUTHENTICATED_LINGER_BYTES = 1024 * 1024  # enough for a sender of milestones to finish and read the 401
LONG_BODY_BYTES = 256 * 1024  # a signature of more is checked on another thread
RETRY_SOON, RETRY_LATER = {"retry-after": "1"}, {"retry-after": "10"}

log = structlog.get_logger()


class Receiver:
    """Answers deliveries, `/healthz` and `/metrics`.

    Memory is bounded: received bodies that are not answered yet take at most `max_waiting_bytes`; beyond that the
    receiver answers 503. The lines of the group being committed take about as much again. A body must arrive within
    `body_seconds`. The event loop only assembles bodies; the committer's thread checks, hashes and writes them.
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
        """Handle one request (ASGI)."""
        try:
            response = await self._respond(scope, receive)
        except asyncio.CancelledError:
            # The server is stopping and has waited long enough: whoever is still sending shall retry. There is no time
            # to linger as after an early response.
            response = self._counted("not_stored", json_response(503, headers=RETRY_SOON, status="stopping"))
        await send_response(response, receive, send)

    async def _respond(self, scope: Scope, receive: Receive) -> HttpResponse:
        path, method = scope["path"], scope["method"]
        if path.removesuffix("/") == WEBHOOK_PATH:
            if method not in WEBHOOK_METHODS:
                return _wrong_method(WEBHOOK_METHODS)
            return await self._receive_delivery(scope, receive)
        if path not in ("/healthz", "/metrics"):
            return json_response(404, early=True, status="not_found", expected=f"POST {WEBHOOK_PATH}")
        if method not in READ_METHODS:
            return _wrong_method(READ_METHODS)
        return await self._health() if path == "/healthz" else self._metrics_text()

    async def _health(self) -> HttpResponse:
        problem = await self._readiness.problem()
        if problem is None:
            return json_response(200, status="ready")
        return json_response(503, headers=RETRY_LATER, status="not_ready", reason=problem)

    def _metrics_text(self) -> HttpResponse:
        return HttpResponse(200, self._metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")

    async def _receive_delivery(self, scope: Scope, receive: Receive) -> HttpResponse:
        headers = _headers(scope)
        claim = self._authentication.claim(scope["headers"])
        if claim is None:
            return replace(self._unauthenticated(), early=True, linger_bytes=UNAUTHENTICATED_LINGER_BYTES)
        with self._waiting.body() as reserve:
            body = await self._body(headers, receive, reserve)
            if isinstance(body, HttpResponse):
                return body
            if not await _is_proven(claim, body):
                return self._unauthenticated()
            delivery = WebhookDelivery(
                body=body, method=scope["method"], content_type=headers.get("content-type"), headers=headers
            )
            return await (self._land_once(delivery, claim.attempt) if claim.attempt else self._land(delivery))

    async def _body(
        self, headers: Mapping[str, str], receive: Receive, reserve: Callable[[int], bool]
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
                    if not reserve(len(message["body"])):
                        return self._too_busy()
                    pieces.append(message["body"])
                    if not message.get("more_body"):
                        return b"".join(pieces)
        except TimeoutError:
            return self._incomplete(f"the body did not arrive within {self._body_seconds:g} s")

    async def _land_once(self, delivery: WebhookDelivery, attempt: DeliveryAttempt) -> HttpResponse:
        if not attempt.begin():
            # The same attempt is being landed. If that fails this one is needed, so ask for a retry.
            return self._counted("not_stored", json_response(503, headers=RETRY_SOON, status="busy"))
        landed = False
        try:
            response = await self._land(delivery)
            landed = response.status == OK
        finally:
            attempt.end(landed=landed)
        return response

    async def _land(self, delivery: WebhookDelivery) -> HttpResponse:
        try:
            landing_id = await asyncio.wrap_future(self._committer.submit(delivery))
        except StorageError:  # logged by the committer; the sender need not know our paths
            return self._counted("not_stored", json_response(503, headers=RETRY_LATER, status="not_stored"))
        return self._counted("landed", json_response(OK, landing_id=landing_id, status="landed"))

    def _unauthenticated(self) -> HttpResponse:
        self._refusals.add()
        challenge = self._authentication.challenge
        headers = {"www-authenticate": challenge} if challenge else {}
        return json_response(401, headers=headers, status="unauthenticated")

    def _too_large(self) -> HttpResponse:
        limit = self._max_body_bytes
        log.warning("refused_too_large", max_bytes=limit)
        return self._counted("too_large", json_response(413, early=True, status="too_large", max_body_bytes=limit))

    def _too_busy(self) -> HttpResponse:
        log.warning("refused_too_busy", waiting_bytes=self._waiting.total)
        return self._counted("not_stored", json_response(503, early=True, headers=RETRY_SOON, status="busy"))

    def _incomplete(self, reason: str) -> HttpResponse:
        log.warning("delivery_broke_off", reason=reason)
        return self._counted("incomplete", json_response(408, early=True, status="incomplete", reason=reason))

    def _counted(self, outcome: DeliveryOutcome, response: HttpResponse) -> HttpResponse:
        self._metrics.deliveries.labels(outcome).inc()
        return response


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
