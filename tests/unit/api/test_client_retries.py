"""Retries of the client, on a clock that does not wait."""

import gzip
import threading
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sighten_warehouse.api.errors import NotFoundError
from sighten_warehouse.api.retries import RetryPolicy, parse_retry_after
from sighten_warehouse.errors import ApiUnavailableError, CircuitOpenError, RejectedError
from support.scripted_api import FakeClock, Request, Response, Script, client_of, in_order, json_response, scripted

SITES = "/api/v1/site"
HTML = {"Content-Type": "text/html"}


def requests_of(script: Script, home: Path, clock: FakeClock, *, retry_policy: RetryPolicy | None = None) -> int:
    """The number of requests of one call, negative if it was given up."""
    with scripted(script) as api, client_of(api.url, home, clock=clock, retry_policy=retry_policy) as client:
        try:
            client.get(SITES)
        except ApiUnavailableError:
            return -len(api.requests)
    return len(api.requests)


@pytest.mark.parametrize(
    "broken",
    [
        Response(408),
        Response(429),
        Response(500),
        Response(503),
        Response(504, b"<html>", HTML),
        Response(body=b'{"data": [1', length=11),
        Response(body=b'{"data": [1]}', length=100),
        Response(body=gzip.compress(b'{"data": [1]}', mtime=0)[:-12], headers={"Content-Encoding": "gzip"}),
        Response(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
        Response(body=b"<html>sign in</html>", headers=HTML),
        Response(body=b""),
        Response(204, b""),
        Response(body=b"[" * 100_000),
        Response(hang_up=True),
    ],
    ids=lambda response: f"{response.status}-{response.body[:12]!r}",
)
def test_a_retryable_failure_is_retried(broken: Response, tmp_path: Path) -> None:
    assert 3 == requests_of(in_order(broken, broken, Response()), tmp_path, FakeClock())


def test_a_call_is_given_up_after_eight_attempts_with_growing_waits(tmp_path: Path) -> None:
    clock = FakeClock()

    requests = requests_of(in_order(Response(500)), tmp_path, clock)

    waits = [wait for wait in clock.slept if wait > 0.01]
    assert -8 == requests
    assert 7 == len(waits)
    for number, wait in enumerate(waits):
        assert 0.25 * 2**number <= wait <= 0.5 * 2**number


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_wait_is_retry_after_plus_jitter(form: str, tmp_path: Path) -> None:
    clock = FakeClock()
    retry_after = "20" if form == "seconds" else format_datetime(clock.now() + timedelta(seconds=20), usegmt=True)

    requests = requests_of(in_order(Response(429, headers={"Retry-After": retry_after}), Response()), tmp_path, clock)

    waits = [wait for wait in clock.slept if wait > 0.01]
    assert 2 == requests
    assert 1 == len(waits)
    assert 20 <= waits[0] <= 20.5


def test_a_wait_past_the_deadline_is_not_started(tmp_path: Path) -> None:
    clock = FakeClock()

    requests = requests_of(in_order(Response(503, headers={"Retry-After": "400"})), tmp_path, clock)

    assert -1 == requests
    assert 0.01 > sum(clock.slept)


def test_a_call_with_its_retries_has_a_deadline(tmp_path: Path) -> None:
    clock = FakeClock()

    requests = requests_of(
        in_order(Response(429, headers={"Retry-After": "40"})), tmp_path, clock, retry_policy=RetryPolicy(total_s=100)
    )

    assert -3 == requests
    assert 100 > sum(clock.slept)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("7", 7),
        ("0", 0),
        (" 1.5 ", 1.5),
        ("Mon, 23 Nov 2026 12:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 13:00:30 +0100", 30),
        ("Mon, 23 Nov 2026 11:00:00 GMT", 0),
        ("-5", None),
        ("soon", None),
        ("Tue, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(text: str | None, seconds: float | None) -> None:
    assert seconds == parse_retry_after(text, now=FakeClock().now())


def test_five_failed_calls_open_the_circuit_and_the_error_has_its_times(tmp_path: Path) -> None:
    clock, retry_policy = FakeClock(), RetryPolicy(attempts=2)
    with (
        scripted(in_order(Response(500))) as api,
        client_of(api.url, tmp_path, clock=clock, retry_policy=retry_policy) as client,
    ):
        with capture_logs() as events:
            for _ in range(5):
                with pytest.raises(ApiUnavailableError, match="answered 500; given up after 2 attempts"):
                    client.get(SITES)
        opened = clock.now()

        with pytest.raises(CircuitOpenError) as caught:
            client.get(SITES)

    assert 10 == len(api.requests)
    assert ["circuit_opened"] == [event["event"] for event in events if "circuit" in event["event"]]
    assert f"since {opened:%Y-%m-%dT%H:%M:%SZ}" in str(caught.value)
    assert f"again from {opened + timedelta(seconds=30):%Y-%m-%dT%H:%M:%SZ}" in str(caught.value)


def test_after_a_cool_down_one_request_probes_the_api(tmp_path: Path) -> None:
    clock, retry_policy = FakeClock(), RetryPolicy(attempts=1)
    down = [Response(500)] * 6
    with (
        scripted(in_order(*down, Response())) as api,
        client_of(api.url, tmp_path, clock=clock, retry_policy=retry_policy) as client,
    ):
        for _ in range(5):
            with pytest.raises(ApiUnavailableError):
                client.get(SITES)
        clock.sleep(30)
        with pytest.raises(ApiUnavailableError, match="answered 500"):
            client.get(SITES)
        with pytest.raises(CircuitOpenError):
            client.get(SITES)
        assert 6 == len(api.requests)

        clock.sleep(30)
        statuses = [client.get(SITES).status for _ in range(3)]

    assert [200, 200, 200] == statuses
    assert 9 == len(api.requests)


def test_refusals_are_answers_and_never_open_the_circuit(tmp_path: Path) -> None:
    missing, down = json_response({"detail": "Not found."}, 404), Response(500)
    script = in_order(*[down] * 4, missing, missing, *[down] * 4, Response())
    with (
        scripted(script) as api,
        client_of(api.url, tmp_path, retry_policy=RetryPolicy(attempts=1)) as client,
    ):
        outcomes = []
        for _ in range(10):
            try:
                outcomes.append(client.get(SITES).status)
            except (ApiUnavailableError, NotFoundError) as error:
                outcomes.append(type(error).__name__)

    assert "CircuitOpenError" not in outcomes
    assert [*["ApiUnavailableError"] * 4, "NotFoundError", *["ApiUnavailableError"] * 4, 200] == outcomes
    assert 11 == len(api.requests)


class Hasty(FakeClock):
    """Time passes by a second with every call of `monotonic`."""

    def monotonic(self) -> float:
        self.sleep(1)
        return super().monotonic()


def test_a_body_that_never_ends_is_dropped_at_the_deadline(tmp_path: Path) -> None:
    endless = Response(body=b" ", endless=True)

    requests = requests_of(in_order(endless), tmp_path, Hasty(), retry_policy=RetryPolicy(total_s=60))

    assert -1 == requests


def test_a_huge_body_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    huge = Response(body=gzip.compress(b" " * (65 * 1024 * 1024)), headers={"Content-Encoding": "gzip"})
    with (
        scripted(in_order(huge)) as api,
        client_of(api.url, tmp_path) as client,
        pytest.raises(RejectedError, match=f"answer_too_large at {SITES}: expected at most 64 MiB"),
    ):
        client.get(SITES)

    assert 1 == len(api.requests)


def test_a_silent_server_is_not_waited_for_past_the_deadline(tmp_path: Path) -> None:
    given_up = threading.Event()

    def silent(_: Request) -> Response:
        given_up.wait(30)
        return Response()

    with (
        scripted(silent) as api,
        client_of(api.url, tmp_path, retry_policy=RetryPolicy(total_s=0.2)) as client,
    ):
        with pytest.raises(ApiUnavailableError, match=r"ReadTimeout|TimeoutError"):
            client.get(SITES)
        given_up.set()

    assert 1 == len(api.requests)
