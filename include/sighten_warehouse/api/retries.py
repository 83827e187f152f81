"""Asks again after a setback: when, how often, and when to give up."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from random import Random
from typing import NoReturn, TypeVar

import structlog

from sighten_warehouse.api.answer import RetryableFailure
from sighten_warehouse.api.circuit_breaker import CircuitBreaker
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ApiUnavailableError, TransientError, WarehouseError

log = structlog.get_logger()
T = TypeVar("T")

SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class RetryPolicy:
    """How long a call may take.

    Args:
        total_s: seconds for one call, with all its attempts and the waits before and between them.
        attempts: most attempts.
        first_wait_s: seconds before the second attempt; doubled each time after that.
        longest_wait_s: most that it is doubled to.
    """

    total_s: float = 300.0
    attempts: int = 8
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0


def parse_retry_after(retry_after: str | None, *, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for, as a number or as an HTTP date; None if it says nothing one can read."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if SECONDS.fullmatch(text):
        return float(text)
    with suppress(ValueError, OverflowError):  # a year of twenty digits is the latter
        moment = parsedate_to_datetime(text)
        # A date without a zone is in GMT: HTTP knows no other.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds())
    return None


class Retries:
    """Repeats an attempt until there is an answer; shared by the threads of one client."""

    def __init__(self, *, breaker: CircuitBreaker, retry_policy: RetryPolicy, clock: Clock, chance: Random) -> None:
        self._breaker = breaker
        self._retry_policy = retry_policy
        self._clock = clock
        self._chance = chance

    def until_answered(self, attempt: Callable[[int, float], T | RetryableFailure], *, path: str) -> T:
        """What the attempt gives; it is told its number and by when, in monotonic seconds, it must end.

        Raises:
            CircuitOpenError: too many calls failed one after the other; this one did not ask, or not again.
            ApiUnavailableError: it was asked as often and as long as patience allows.
            WarehouseError: whatever the attempt itself raises; that is an answer too.
        """
        began = self._clock.monotonic()
        number = 1
        while True:
            self._breaker.admit()
            outcome = self._try(attempt, number, began + self._retry_policy.total_s)
            if not isinstance(outcome, RetryableFailure):
                self._breaker.succeeded()
                return outcome
            told = parse_retry_after(outcome.retry_after, now=self._clock.now())
            wait = self._wait(number, told)
            took = self._clock.monotonic() - began
            if number == self._retry_policy.attempts or took + wait >= self._retry_policy.total_s:
                self._give_up(outcome, path=path, attempts=number, took=took, told=told)
            self._clock.sleep(wait)
            number += 1
            log.warning("retried", path=path, status=outcome.status, reason=outcome.reason, attempt=number)

    def _try(
        self, attempt: Callable[[int, float], T | RetryableFailure], number: int, until: float
    ) -> T | RetryableFailure:
        try:
            return attempt(number, until)
        except TransientError:
            raise
        except WarehouseError:
            self._breaker.succeeded()
            raise

    def _wait(self, number: int, told: float | None) -> float:
        """Jitter keeps those that failed together from coming back together; never earlier than the API asks."""
        doubled: float = min(self._retry_policy.first_wait_s * 2 ** (number - 1), self._retry_policy.longest_wait_s)
        ours = doubled * self._chance.uniform(0.5, 1.0)
        return ours if told is None else told + ours

    def _give_up(
        self, failure: RetryableFailure, *, path: str, attempts: int, took: float, told: float | None
    ) -> NoReturn:
        if self._breaker.failed(not_before_s=told or 0.0):
            log.error("circuit_opened", path=path, reason=failure.reason)
        asked = "" if told is None else f"; it asks to wait {told:.0f} s"
        raise ApiUnavailableError(
            f"{path}: {failure.reason}{asked}; given up after {attempts} attempts in {took:.1f} s, "
            f"expected an answer within {self._retry_policy.attempts} attempts and {self._retry_policy.total_s:g} s"
        )
