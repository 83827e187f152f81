"""The receiver: lands deliveries, acknowledges only landed ones, and says how it is."""

import asyncio
from collections.abc import Callable
from functools import partial

from sighten_warehouse.landing.line import KEPT_HEADERS
from sighten_warehouse.receiver.auth.claims import Authentication, RawHeaders
from sighten_warehouse.receiver.delivery import DeliveryExchange, Facilities
from sighten_warehouse.receiver.group_commit import Committer
from sighten_warehouse.receiver.handover import Handover
from sighten_warehouse.receiver.memory import WaitingBytes, max_waiting_bytes
from sighten_warehouse.receiver.metrics import ReceiverMetrics
from sighten_warehouse.receiver.outcomes import RETRY_LATER, RETRY_SOON, Outcomes
from sighten_warehouse.receiver.readiness import Readiness
from sighten_warehouse.receiver.requests import WEBHOOK_PATH, BrokenOff, Exchange, Request, Respond
from sighten_warehouse.receiver.responses import HttpResponse, json_response
from sighten_warehouse.receiver.submissions import Landed, Submission, WebhookDelivery
from sighten_warehouse.web_pages import is_sent_by_a_page, may_name_this_machine

WEBHOOK_METHODS = ("POST", "PUT", "PATCH")
READ_METHODS = ("GET", "HEAD")

_KEPT = {name.encode(): name for name in KEPT_HEADERS}


class Receiver:
    """Answers deliveries, `/healthz` and `/metrics`.

    Memory is bounded: received bodies that are not answered yet take at most `max_waiting_bytes`; beyond that the
    receiver answers 503. The lines of the groups being committed take about as much again. `is_private`: only programs
    of this machine may call it, so a `Host` that is a name in a domain is refused.
    """

    def __init__(  # noqa: PLR0913  (what it is made of, and its limits)
        self,
        *,
        committer: Committer,
        readiness: Readiness,
        metrics: ReceiverMetrics,
        authentication: Authentication,
        max_body_bytes: int,
        path: str = WEBHOOK_PATH,
        is_private: bool = False,
    ) -> None:
        self._committer = committer
        self._readiness = readiness
        self._metrics = metrics
        self._authentication = authentication
        self._max_body_bytes = max_body_bytes
        self._path = path
        self._is_private = is_private
        self._asked_for_metrics: list[Respond] = []
        self._handover = Handover[Landed]()
        self._checks: set[asyncio.Task[None]] = set()
        self._facilities = Facilities(
            submit=self._submit,
            waiting=WaitingBytes(max_waiting_bytes(max_body_bytes)),
            outcomes=Outcomes(metrics, max_body_bytes=max_body_bytes, challenge=authentication.challenge),
            max_body_bytes=max_body_bytes,
        )
        metrics.waiting_bytes.set_function(lambda: self._facilities.waiting.total)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Answer on this loop."""
        self._handover.start(loop)

    def begin(self, request: Request, respond: Respond, *, peer: str) -> Exchange:
        """Begin to answer one request."""
        path, method = request.path, request.method
        if self._is_private and not all(
            may_name_this_machine(host) for name, host in request.headers if name == b"host"
        ):
            expected = "127.0.0.1 or localhost as Host, or SIGHTEN_RECEIVER_OPEN_TO_ANYONE=yes"
            return _refused(self._facilities.outcomes.forbidden(expected), respond)
        if path.removesuffix("/") == self._path:
            if method in WEBHOOK_METHODS:
                return self._begin_delivery(request, respond, peer=peer)
            return _refused(_wrong_method(WEBHOOK_METHODS), respond)
        if path not in ("/healthz", "/metrics"):
            return _refused(json_response(404, early=True, status="not_found", expected=f"POST {self._path}"), respond)
        if method not in READ_METHODS:
            return _refused(_wrong_method(READ_METHODS), respond)
        return _Question(partial(self._check_health if path == "/healthz" else self._ask_for_metrics, respond), respond)

    def _begin_delivery(self, request: Request, respond: Respond, *, peer: str) -> Exchange:
        outcomes = self._facilities.outcomes
        if self._authentication.is_ambient and is_sent_by_a_page(request.headers):
            return _refused(outcomes.forbidden("no Origin and no Sec-Fetch-Site: web pages may not deliver"), respond)
        claim = self._authentication.claim(request.headers)
        if claim is None:
            return _refused(outcomes.unauthenticated(early=True), respond)
        if (request.content_length or 0) > self._max_body_bytes:
            return _refused(outcomes.too_large(), respond)
        return DeliveryExchange(
            request, claim, respond, peer=peer, kept=_kept_headers(request.headers), facilities=self._facilities
        )

    def _submit(self, delivery: WebhookDelivery, on_settled: Callable[[Landed], None]) -> Submission:
        return self._committer.submit(delivery, partial(self._handover.put, on_settled))

    def _check_health(self, respond: Respond) -> None:
        check = asyncio.get_running_loop().create_task(self._health(respond))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)

    async def _health(self, respond: Respond) -> None:
        problem = await self._readiness.problem()
        if problem is None:
            respond(json_response(200, status="ready"))
        else:
            respond(json_response(503, headers=RETRY_LATER, status="not_ready", reason=problem))

    def _ask_for_metrics(self, respond: Respond) -> None:
        # Requests that came together get one text, or hundreds of them in one packet would hold up deliveries.
        self._asked_for_metrics.append(respond)
        if len(self._asked_for_metrics) == 1:
            asyncio.get_running_loop().call_soon(self._show_metrics)

    def _show_metrics(self) -> None:
        asked, self._asked_for_metrics = self._asked_for_metrics, []
        text = HttpResponse(200, self._metrics.text(), content_type="text/plain; version=0.0.4; charset=utf-8")
        for respond in asked:
            respond(text)


class _Question:
    """Ignores the body, and answers at its end."""

    def __init__(self, answer: Callable[[], None], respond: Respond) -> None:
        self._answer = answer
        self._respond = respond

    def add(self, piece: bytes) -> None:
        """Ignore it."""

    def end(self) -> None:
        """Answer now."""
        self._answer()

    def break_off(self, cause: BrokenOff) -> None:
        """Answer that there is no answer."""
        self._respond(json_response(503, early=True, headers=RETRY_SOON, status="broken_off", reason=cause.value))


def _refused(response: HttpResponse, respond: Respond) -> Exchange:
    respond(response)
    return _Question(lambda: None, respond)


def _wrong_method(allowed: tuple[str, ...]) -> HttpResponse:
    return json_response(405, early=True, headers={"allow": ", ".join(allowed)}, status="wrong_method")


def _kept_headers(headers: RawHeaders) -> dict[str, str]:
    kept: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = _KEPT.get(raw_name)
        if name is not None:
            value = raw_value.decode("latin-1")
            kept[name] = f"{kept[name]}, {value}" if name in kept else value
    return kept
