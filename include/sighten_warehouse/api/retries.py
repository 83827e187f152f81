"""Retries failed calls: how often, how long to wait, and when to give up."""

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
from sighten_warehouse.api.refusals import Refusals
from sighten_warehouse.clock import Clock
from sighten_warehouse.errors import ApiUnavailableError, TransientError, WarehouseError

log = structlog.get_logger()
T = TypeVar("T")

SECONDS = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True)
class RetryPolicy:
    """Limits of one call with its retries.

    Args:
        total_s: seconds for all attempts and waits together.
        attempts: maximum number of attempts.
        first_wait_s: seconds before the second attempt; doubled before each later one.
        longest_wait_s: upper limit of the doubled wait.
    """

    total_s: float = 300.0
    attempts: int = 8
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0


def parse_retry_after(retry_after: str | None, *, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, as a number or an HTTP date; None if unreadable."""
    if retry_after is None:
        return None
    text = retry_after.strip()
    if SECONDS.fullmatch(text):
        return float(text)
    with suppress(ValueError, OverflowError):  # OverflowError: a year of twenty digits
        moment = parsedate_to_datetime(text)
        # HTTP dates are always in GMT, with or without a zone.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (aware - now).total_seconds())
    return None


class Retries:
    """Repeats failed attempts under one policy and circuit breaker; shared by the threads of one client.

    What the API refuses is kept in `refusals`.
    """

    def __init__(
        self, *, refusals: Refusals, breaker: CircuitBreaker, retry_policy: RetryPolicy, clock: Clock, random: Random
    ) -> None:
        self._refusals = refusals
        self._breaker = breaker
        self._retry_policy = retry_policy
        self._clock = clock
        self._random = random

    def run(self, attempt: Callable[[int, float], T | RetryableFailure], *, path: str) -> T:
        """Call `attempt(number, deadline)` until it succeeds; the deadline is in monotonic seconds.

        Raises:
            CircuitOpenError: too many calls in a row failed; this one was not made, or not repeated.
            ApiUnavailableError: all attempts failed, or the time is over.
            WarehouseError: whatever the attempt raises; only transient errors count as failures of the API.
        """
        try:
            outcome = self._run(attempt, path=path)
        except WarehouseError as error:
            self._refusals.refused(path, error)
            raise
        self._refusals.answered(path)
        return outcome

    def _run(self, attempt: Callable[[int, float], T | RetryableFailure], *, path: str) -> T:
        started = self._clock.monotonic()
        number = 1
        while True:
            self._breaker.admit()
            outcome = self._try(attempt, number, started + self._retry_policy.total_s)
            if not isinstance(outcome, RetryableFailure):
                self._breaker.succeeded()
                return outcome
            retry_after_s = parse_retry_after(outcome.retry_after, now=self._clock.now())
            wait = self._wait(number, retry_after_s)
            elapsed = self._clock.monotonic() - started
            if number == self._retry_policy.attempts or elapsed + wait >= self._retry_policy.total_s:
                self._give_up(outcome, path=path, attempts=number, elapsed=elapsed, retry_after_s=retry_after_s)
            self._clock.sleep(wait)
            number += 1
            log.warning("retried", path=path, status=outcome.status, reason=outcome.reason, attempt=number)

    def _try(
        self, attempt: Callable[[int, float], T | RetryableFailure], number: int, deadline: float
    ) -> T | RetryableFailure:
        try:
            return attempt(number, deadline)
        except TransientError:
            raise
        except WarehouseError:  # the API responded, so it is up
            self._breaker.succeeded()
            raise

    def _wait(self, number: int, retry_after_s: float | None) -> float:
        """Exponential backoff with jitter, added to the API's Retry-After if it sent one."""
        doubled: float = min(self._retry_policy.first_wait_s * 2 ** (number - 1), self._retry_policy.longest_wait_s)
        backoff = doubled * self._random.uniform(0.5, 1.0)
        return backoff if retry_after_s is None else retry_after_s + backoff

    def _give_up(
        self, failure: RetryableFailure, *, path: str, attempts: int, elapsed: float, retry_after_s: float | None
    ) -> NoReturn:
        if self._breaker.failed(not_before_s=retry_after_s or 0.0):
            log.error("circuit_opened", path=path, reason=failure.reason)
        hint = "" if retry_after_s is None else f"; Retry-After: {retry_after_s:.0f} s"
        raise ApiUnavailableError(
            f"{path}: {failure.reason}{hint}; given up after {attempts} attempts in {elapsed:.1f} s, "
            f"expected an answer within {self._retry_policy.attempts} attempts and {self._retry_policy.total_s:g} s"
        )
