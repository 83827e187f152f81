"""The receiver, an ASGI application: it lands what is delivered and acknowledges only what is landed."""

import asyncio
from collections.abc import Callable, Mapping

import structlog

from sighten_warehouse.answers import Answer, Receive, Scope, Send, json_answer, say
from sighten_warehouse.authentication import Authenticate
from sighten_warehouse.committer import Committer, WebhookDelivery
from sighten_warehouse.errors import StorageError
from sighten_warehouse.metrics import Outcome, ReceiverMetrics
from sighten_warehouse.readiness import Readiness
from sighten_warehouse.waiting import WaitingBytes, most_waiting_bytes

WEBHOOK_PATH = "/webhooks/sighten"
WEBHOOK_METHODS = ("POST", "PUT", "PATCH")
READ_METHODS = ("GET", "HEAD")
BODY_SECONDS = 120.0
SOON, LATER = {"retry-after": "1"}, {"retry-after": "10"}

log = structlog.get_logger()


class Receiver:
    """Answers deliveries, `/healthz` and `/metrics`.

    Memory is bounded: bodies that came and are not yet answered hold at most `most_waiting_bytes` (64 MiB, or twice
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
        authenticate: Authenticate,
        max_body_bytes: int,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._committer = committer
        self._readiness = readiness
        self._metrics = metrics
        self._authenticate = authenticate
        self._max_body_bytes = max_body_bytes
        self._body_seconds = body_seconds
        self._waiting = WaitingBytes(most_waiting_bytes(max_body_bytes))
        metrics.waiting_bytes.set_function(lambda: self._waiting.total)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, as ASGI has it."""
        try:
            answer = await self._answer(scope, receive)
        except asyncio.CancelledError:
            # The server stops and has waited long enough; whoever is still sending is told to come again. Nobody has
            # time for the courtesies of an early answer.
            answer = self._counted("not_stored", json_answer(503, headers=SOON, status="stopping"))
        await say(answer, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        path, method = scope["path"], scope["method"]
        if path.removesuffix("/") == WEBHOOK_PATH:
            if method not in WEBHOOK_METHODS:
                return _wrong_method(WEBHOOK_METHODS)
            return await self._take_in(scope, receive)
        if path not in ("/healthz", "/metrics"):
            return json_answer(404, early=True, status="not_found", expected=f"POST {WEBHOOK_PATH}")
        if method not in READ_METHODS:
            return _wrong_method(READ_METHODS)
        return await self._health() if path == "/healthz" else self._metrics_text()

    async def _health(self) -> Answer:
        problem = await self._readiness.problem()
        if problem is None:
            return json_answer(200, status="ready")
        return json_answer(503, headers=LATER, status="not_ready", reason=problem)

    def _metrics_text(self) -> Answer:
        return Answer(200, self._metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")

    async def _take_in(self, scope: Scope, receive: Receive) -> Answer:
        headers = _headers(scope)
        with self._waiting.body() as take:
            body = await self._body(headers, receive, take)
            if isinstance(body, Answer):
                return body
            if not self._authenticate(headers, body):
                return self._counted("unauthenticated", json_answer(401, status="unauthenticated"))
            return await self._land(
                WebhookDelivery(
                    body=body, method=scope["method"], content_type=headers.get("content-type"), headers=headers
                )
            )

    async def _body(self, headers: Mapping[str, str], receive: Receive, take: Callable[[int], bool]) -> bytes | Answer:
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

    async def _land(self, delivery: WebhookDelivery) -> Answer:
        try:
            landing_id = await asyncio.wrap_future(self._committer.submit(delivery))
        except StorageError:  # the committer has said why; the sender need not know our paths
            return self._counted("not_stored", json_answer(503, headers=LATER, status="not_stored"))
        return self._counted("landed", json_answer(200, landing_id=landing_id, status="landed"))

    def _too_large(self) -> Answer:
        most = self._max_body_bytes
        log.warning("refused_too_large", most_bytes=most)
        return self._counted("too_large", json_answer(413, early=True, status="too_large", max_body_bytes=most))

    def _too_busy(self) -> Answer:
        log.warning("refused_too_busy", waiting_bytes=self._waiting.total)
        return self._counted("not_stored", json_answer(503, early=True, headers=SOON, status="busy"))

    def _incomplete(self, reason: str) -> Answer:
        log.warning("delivery_broke_off", reason=reason)
        return self._counted("incomplete", json_answer(408, early=True, status="incomplete", reason=reason))

    def _counted(self, outcome: Outcome, answer: Answer) -> Answer:
        self._metrics.deliveries.labels(outcome).inc()
        return answer


def _wrong_method(allowed: tuple[str, ...]) -> Answer:
    return json_answer(405, early=True, headers={"allow": ", ".join(allowed)}, status="wrong_method")


def _headers(scope: Scope) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers
