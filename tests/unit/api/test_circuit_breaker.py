"""The circuit breaker between the calls of several threads."""

import pytest

from sighten_warehouse.api.circuit_breaker import CircuitBreaker
from sighten_warehouse.errors import CircuitOpenError
from support.scripted_api import FakeClock


def test_during_a_probe_other_requests_are_refused() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(clock=clock, opens_after=2)
    breaker.failed()
    breaker.failed()
    clock.sleep(30)

    breaker.admit()

    with pytest.raises(CircuitOpenError, match="2 calls in a row have failed"):
        breaker.admit()


def test_a_longer_retry_after_is_obeyed_for_at_most_an_hour() -> None:
    clock = FakeClock()
    breaker = CircuitBreaker(clock=clock, opens_after=1)
    breaker.failed(not_before_s=1e12)
    clock.sleep(3599)

    with pytest.raises(CircuitOpenError, match="again from 2026-11-23T13:00:00Z"):
        breaker.admit()

    clock.sleep(1)
    breaker.admit()
