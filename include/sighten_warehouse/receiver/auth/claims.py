"""What a delivery's headers claim, and how its body proves it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hmac import compare_digest

from sighten_warehouse.receiver.auth.replays import DeliveryAttempt

RawHeaders = Sequence[tuple[bytes, bytes]]
"""Pairs of lower-case name and value, undecoded; a repeated header is there as often as it was sent."""


@dataclass(frozen=True)
class Claim:
    """Well-formed credentials; the delivery may be landed if its body proves them.

    `is_proven_by` has no side effects and may be called from any thread. `attempt` is set if replays are detected.
    """

    is_proven_by: Callable[[bytes], bool]
    attempt: DeliveryAttempt | None = None


@dataclass(frozen=True)
class Authentication:
    """How senders authenticate.

    `claim` returns None for headers that no body could prove. `challenge` is the `WWW-Authenticate` header of a 401.
    `is_ambient`: a browser can send what is asked for by itself, for any page.
    """

    claim: Callable[[RawHeaders], Claim | None]
    challenge: str | None = None
    is_ambient: bool = False


PROVEN = Claim(is_proven_by=lambda _body: True)
ANYBODY = Authentication(claim=lambda _headers: PROVEN, is_ambient=True)


def single_value(headers: RawHeaders, name: bytes) -> bytes | None:
    """The value of a header that was sent exactly once; of two values, a proxy might check one and we the other."""
    values = [value for header, value in headers if header.lower() == name]
    return values[0] if len(values) == 1 else None


def any_equal(given: Iterable[bytes], expected: Sequence[bytes]) -> bool:
    """Whether a given value is among the expected ones.

    All pairs are compared, each in constant time, so that timing does not reveal which one matches. The values must be
    signatures or hashes, whose length does not depend on the secret.
    """
    return sum(compare_digest(value, candidate) for value in given for candidate in expected) > 0
