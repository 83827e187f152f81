"""The response to each outcome of a delivery, counted and logged."""

from dataclasses import replace

from sighten_warehouse.receiver.metrics import DeliveryOutcome, ReceiverMetrics
from sighten_warehouse.receiver.refusal_log import RefusalLog
from sighten_warehouse.receiver.requests import BrokenOff
from sighten_warehouse.receiver.responses import HttpResponse, json_response

OK = 200
UNAUTHENTICATED_LINGER_BYTES = 1024 * 1024  # enough for a sender of milestones to finish and read the 401
RETRY_SOON, RETRY_LATER = {"retry-after": "1"}, {"retry-after": "10"}


class Outcomes:
    """Makes, counts and logs responses; `challenge` is the `WWW-Authenticate` header of a 401."""

    def __init__(self, metrics: ReceiverMetrics, *, max_body_bytes: int, challenge: str | None) -> None:
        self._metrics = metrics
        self._refusals = RefusalLog()
        self._max_body_bytes = max_body_bytes
        self._unauthenticated = json_response(
            401, headers={"www-authenticate": challenge} if challenge else {}, status="unauthenticated"
        )

    def landed(self, landing_id: str) -> HttpResponse:
        """It is on stable storage."""
        content = (
            b'{"landing_id": "%b", "status": "landed"}' % landing_id.encode()
        )  # JSON's encoder takes as long as HMAC
        return self._counted("landed", HttpResponse(OK, content, proves_sender=True))

    def not_stored(self) -> HttpResponse:
        """The disk refused. The committer logged why; the sender need not know our paths."""
        return self._counted("not_stored", json_response(503, headers=RETRY_LATER, status="not_stored"))

    def in_progress(self) -> HttpResponse:
        """The same attempt is being landed. If that fails this one is needed, so ask for a retry."""
        return self._counted("not_stored", json_response(503, headers=RETRY_SOON, status="busy"))

    def too_busy(self) -> HttpResponse:
        """Bodies fill the memory, or connections the room for them."""
        self._refusals.add("refused_too_busy")
        return self._counted("not_stored", json_response(503, early=True, headers=RETRY_SOON, status="busy"))

    def unauthenticated(self, *, early: bool) -> HttpResponse:
        """`early`: no body could prove it."""
        self._refusals.add("refused_unauthenticated")
        self._metrics.count("unauthenticated")
        if early:
            return replace(self._unauthenticated, early=True, linger_bytes=UNAUTHENTICATED_LINGER_BYTES)
        return self._unauthenticated

    def forbidden(self, expected: str) -> HttpResponse:
        """A web page in a browser may have sent it."""
        self._refusals.add("refused_web_page", expected=expected)
        response = json_response(403, early=True, status="forbidden", expected=expected)
        return self._counted("unauthenticated", response)

    def too_large(self) -> HttpResponse:
        """The body is over the limit."""
        limit = self._max_body_bytes
        self._refusals.add("refused_too_large", max_bytes=limit)
        return self._counted("too_large", json_response(413, early=True, status="too_large", max_body_bytes=limit))

    def broken_off(self, cause: BrokenOff) -> HttpResponse:
        """It was not landed."""
        if cause is BrokenOff.STOPPING:
            response = json_response(503, early=True, headers=RETRY_SOON, status="stopping")
            return self._counted("not_stored", response)
        if cause is BrokenOff.CROWDED:
            return self.too_busy()
        self._refusals.add("delivery_broke_off", reason=cause.value)
        code, status = (400, "bad_request") if cause is BrokenOff.UNREADABLE else (408, "incomplete")
        return self._counted("incomplete", json_response(code, early=True, status=status, reason=cause.value))

    def _counted(self, outcome: DeliveryOutcome, response: HttpResponse) -> HttpResponse:
        self._metrics.count(outcome)
        return response
