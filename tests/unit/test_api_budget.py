"""The budget that all processes share: never more than the rate, live calls before backfill."""

import fcntl
import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from scripted_api import ApiRequest, FakeClock, Said, client_of, in_turn, scripted

from sighten_warehouse.api.rate_limiter import RateLimiter
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ApiUnavailableError, StorageError

RATE = 40.0
CALLS = 14
PROCESSES = 3


def spend(url: str, home: str) -> int:
    """A process of its own, with threads of its own; it begins when all are there."""
    with client_of(url, Path(home), clock=Clock(), rate=RATE) as client, ThreadPoolExecutor(4) as pool:
        client.get("/wait-for-all")
        return sum(answer.status == 200 for answer in pool.map(lambda _: client.get("/api/v1/site"), range(CALLS)))


def test_three_processes_together_keep_to_the_rate(tmp_path: Path) -> None:
    together = threading.Barrier(PROCESSES)

    def script(asked: ApiRequest) -> Said:
        if asked.target == "/wait-for-all":
            together.wait(60)
        return Said()

    with (
        scripted(script) as api,
        multiprocessing.get_context("spawn").Pool(PROCESSES) as processes,
    ):
        answered = processes.starmap(spend, [(api.url, str(tmp_path))] * PROCESSES)

    times = sorted(asked.at for asked in api.asked if asked.target == "/api/v1/site")
    busiest = max(sum(start <= time < start + 1 for time in times) for start in times)
    assert [CALLS] * PROCESSES == answered
    assert PROCESSES * CALLS == len(times)
    assert busiest <= RATE * 1.1
    assert times[-1] - times[0] > (len(times) - 1) / RATE * 0.9


def test_retries_and_redirects_take_turns_like_first_attempts(tmp_path: Path) -> None:
    clock = FakeClock()
    script = in_turn(Said(429), Said(302, b"", {"Location": "/api/v1/other"}), Said())
    with scripted(script) as api, client_of(api.url, tmp_path, clock=clock, rate=0.01) as client:
        client.get("/api/v1/site")

    assert 3 == len(api.asked)
    assert 2 * 100 < sum(clock.slept) < 2 * 100 / 0.95 + 1


def test_no_turn_in_time_is_said_and_asks_nothing(tmp_path: Path) -> None:
    clock, retry_policy = FakeClock(), RetryPolicy(total_s=50)
    with (
        scripted(in_turn(Said())) as api,
        client_of(api.url, tmp_path, clock=clock, rate=0.01, retry_policy=retry_policy) as client,
    ):
        client.get("/api/v1/site")
        with pytest.raises(
            ApiUnavailableError, match="no turn within the call's time, expected one by SIGHTEN_API_RATE"
        ):
            client.get("/api/v1/site")

    assert 1 == len(api.asked)
    assert [] == clock.slept


def test_backfill_waits_as_long_as_live_calls_want_turns(tmp_path: Path) -> None:
    clock = FakeClock()
    live = RateLimiter(tmp_path / "b", rate=1 / 0.95, priority="live", clock=clock)
    backfill = RateLimiter(tmp_path / "b", rate=1 / 0.95, priority="backfill", clock=SleepsWhile(clock, live, turns=3))

    taken = backfill.take(within_s=100)

    # Each time it wakes, a live call has booked the turn: three of them, and only then is one free.
    assert taken
    assert [1.0, 1.0, 1.0] == pytest.approx(clock.slept, abs=1e-3)


class SleepsWhile(FakeClock):
    """The time of another clock; whenever somebody sleeps by it, a live call books the next turn before they wake."""

    def __init__(self, clock: FakeClock, live: RateLimiter, *, turns: int) -> None:
        super().__init__()
        self._clock, self._live, self._turns = clock, live, turns
        self._book()

    def _book(self) -> None:
        self._turns -= 1
        wait, ours = self._live._next_turn(100)  # noqa: SLF001  (booked, and not waited for)
        assert ours
        assert wait >= 0

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def now(self) -> datetime:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        if self._turns:
            self._book()
        self._clock.sleep(seconds)


def test_live_calls_queue_and_backfill_gives_up_in_time(tmp_path: Path) -> None:
    clock = FakeClock()
    live = RateLimiter(tmp_path / "b", rate=0.5 / 0.95, priority="live", clock=clock)
    backfill = RateLimiter(tmp_path / "b", rate=0.5 / 0.95, priority="backfill", clock=clock)

    taken = [live.take(within_s=0), live.take(within_s=5), backfill.take(within_s=1), live.take(within_s=1)]

    assert [True, True, False, False] == taken
    assert [2.0] == pytest.approx(clock.slept)


@pytest.mark.parametrize("damage", [b"", b"\x00", b"\xff" * 8, b"\xff\xff\xff\xff\xff\xff\xef\x7f"])
def test_a_damaged_file_begins_anew(damage: bytes, tmp_path: Path) -> None:
    clock = FakeClock()
    (tmp_path / "b").write_bytes(damage)
    budget = RateLimiter(tmp_path / "b", rate=1, priority="live", clock=clock)

    taken = [budget.take(within_s=0), budget.take(within_s=0)]

    assert [True, False] == taken


def test_a_clock_that_was_set_back_does_not_stop_the_calls(tmp_path: Path) -> None:
    late = FakeClock()
    RateLimiter(tmp_path / "b", rate=1, priority="live", clock=late).take(within_s=0)
    early = FakeClock(late.now() - timedelta(days=1))

    assert RateLimiter(tmp_path / "b", rate=1, priority="backfill", clock=early).take(within_s=0)


def test_nobody_takes_a_turn_while_another_process_is_at_the_file(tmp_path: Path) -> None:
    budget = RateLimiter(tmp_path / "b", rate=1, priority="live", clock=FakeClock())
    taken = threading.Event()
    taker = threading.Thread(target=lambda: budget.take(within_s=0) and taken.set())
    with (tmp_path / "b").open("wb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        taker.start()

        too_early = taken.wait(0.2)

    taker.join(10)
    assert not too_early
    assert taken.is_set()


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()

    with pytest.raises(StorageError, match="expected to share the API's budget there"):
        RateLimiter(tmp_path / "b", rate=1, priority="live", clock=FakeClock()).take(within_s=0)
