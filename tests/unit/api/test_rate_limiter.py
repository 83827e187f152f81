"""The rate limiter that all processes share: never above the rate, live calls before backfill."""

import fcntl
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sighten_warehouse.api.rate_limiter import RateLimiter
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ApiUnavailableError, StorageError
from support.scripted_api import FakeClock, Request, Response, client_of, in_order, scripted

RATE = 40.0
CALLS = 14
PROCESSES = 3


def spend(url: str, home: str) -> int:
    """Make the calls of one process, in threads, after all processes have started."""
    with client_of(url, Path(home), clock=Clock(), rate=RATE) as client, ThreadPoolExecutor(4) as pool:
        client.get("/wait-for-all")
        return sum(answer.status == 200 for answer in pool.map(lambda _: client.get("/api/v1/site"), range(CALLS)))


def test_three_processes_together_keep_to_the_rate(tmp_path: Path) -> None:
    together = threading.Barrier(PROCESSES)

    def script(request: Request) -> Response:
        if request.target == "/wait-for-all":
            together.wait(60)
        return Response()

    with (
        scripted(script) as api,
        multiprocessing.get_context("spawn").Pool(PROCESSES) as processes,
    ):
        answered = processes.starmap(spend, [(api.url, str(tmp_path))] * PROCESSES)

    times = sorted(request.at for request in api.requests if request.target == "/api/v1/site")
    busiest = max(sum(start <= time < start + 1 for time in times) for start in times)
    assert [CALLS] * PROCESSES == answered
    assert PROCESSES * CALLS == len(times)
    assert busiest <= RATE * 1.1
    assert times[-1] - times[0] > (len(times) - 1) / RATE * 0.9


def test_retries_and_redirects_take_slots_like_first_attempts(tmp_path: Path) -> None:
    clock = FakeClock()
    script = in_order(Response(429), Response(302, b"", {"Location": "/api/v1/other"}), Response())
    with scripted(script) as api, client_of(api.url, tmp_path, clock=clock, rate=0.01) as client:
        client.get("/api/v1/site")

    assert 3 == len(api.requests)
    assert 2 * 100 < sum(clock.slept) < 2 * 100 / 0.95 + 1


def test_without_a_slot_before_the_deadline_no_request_is_made(tmp_path: Path) -> None:
    clock, retry_policy = FakeClock(), RetryPolicy(total_s=50)
    with (
        scripted(in_order(Response())) as api,
        client_of(api.url, tmp_path, clock=clock, rate=0.01, retry_policy=retry_policy) as client,
    ):
        client.get("/api/v1/site")
        with pytest.raises(
            ApiUnavailableError, match="rate limit: no slot before the deadline; raise SIGHTEN_API_RATE or wait"
        ):
            client.get("/api/v1/site")

    assert 1 == len(api.requests)
    assert [] == clock.slept


def test_backfill_waits_while_live_calls_book_slots(tmp_path: Path) -> None:
    clock = FakeClock()
    live = RateLimiter(tmp_path / "b", rate=1 / 0.95, priority="live", clock=clock)
    backfill = RateLimiter(tmp_path / "b", rate=1 / 0.95, priority="backfill", clock=SleepsWhile(clock, live, slots=3))

    taken = backfill.acquire(within_s=100)

    # After each sleep a live call has booked the slot; the first free slot comes after three of them.
    assert taken
    assert [1.0, 1.0, 1.0] == pytest.approx(clock.slept, abs=1e-3)


class SleepsWhile(FakeClock):
    """Wraps a clock; during each sleep, a live call books the next slot."""

    def __init__(self, clock: FakeClock, live: RateLimiter, *, slots: int) -> None:
        super().__init__()
        self._clock, self._live, self._slots = clock, live, slots
        self._book()

    def _book(self) -> None:
        self._slots -= 1
        wait, is_booked = self._live._book_slot(100)  # noqa: SLF001  (booked, and not waited for)
        assert is_booked
        assert wait >= 0

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        if self._slots:
            self._book()
        self._clock.sleep(seconds)


def test_live_calls_queue_and_backfill_gives_up_in_time(tmp_path: Path) -> None:
    clock = FakeClock()
    live = RateLimiter(tmp_path / "b", rate=0.5 / 0.95, priority="live", clock=clock)
    backfill = RateLimiter(tmp_path / "b", rate=0.5 / 0.95, priority="backfill", clock=clock)

    taken = [live.acquire(within_s=0), live.acquire(within_s=5), backfill.acquire(within_s=1), live.acquire(within_s=1)]

    assert [True, True, False, False] == taken
    assert [2.0] == pytest.approx(clock.slept)


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xff" * 8, b"\xff\xff\xff\xff\xff\xff\xef\x7f"])
def test_a_damaged_file_is_started_afresh(damage: bytes, tmp_path: Path) -> None:
    clock = FakeClock()
    (tmp_path / "b").write_bytes(damage)
    limiter = RateLimiter(tmp_path / "b", rate=1, priority="live", clock=clock)

    taken = [limiter.acquire(within_s=0), limiter.acquire(within_s=0)]

    assert [True, False] == taken


def test_a_clock_that_was_set_back_does_not_stop_the_calls(tmp_path: Path) -> None:
    late = FakeClock()
    RateLimiter(tmp_path / "b", rate=1, priority="live", clock=late).acquire(within_s=0)
    early = FakeClock(late.now() - timedelta(days=1))

    assert RateLimiter(tmp_path / "b", rate=1, priority="backfill", clock=early).acquire(within_s=0)


def test_no_slot_is_given_while_another_process_is_at_the_file(tmp_path: Path) -> None:
    limiter = RateLimiter(tmp_path / "b", rate=1, priority="live", clock=FakeClock())
    taken = threading.Event()
    taker = threading.Thread(target=lambda: limiter.acquire(within_s=0) and taken.set())
    with (tmp_path / "b").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        taker.start()

        too_early = taken.wait(0.2)

    taker.join(10)
    assert not too_early
    assert taken.is_set()


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()

    with pytest.raises(StorageError, match="expected a writable file for the API's rate limit"):
        RateLimiter(tmp_path / "b", rate=1, priority="live", clock=FakeClock()).acquire(within_s=0)
