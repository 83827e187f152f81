"""What a delivery's headers claim, and what is left to prove once its body is there."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hmac import compare_digest

from sighten_warehouse.receiver.auth.replays import DeliveryAttempt

RawHeaders = Sequence[tuple[bytes, bytes]]
"""Names in lower case and values, as they came: a header that came twice is there twice, and no byte is decoded."""


@dataclass(frozen=True)
class Claim:
    """Headers that are in order; the delivery may be landed if the body proves them.

    `is_proven_by` keeps nothing and may be called from any thread. `attempt` is there where a replay can be told.
    """

    is_proven_by: Callable[[bytes], bool]
    attempt: DeliveryAttempt | None = None


@dataclass(frozen=True)
class Authentication:
    """How deliveries prove who sent them.

    `claim` gives None for headers that no body could prove. `challenge` is what a 401 says in `WWW-Authenticate`.
    """

    claim: Callable[[RawHeaders], Claim | None]
    challenge: str | None = None


NOTHING_LEFT_TO_PROVE = Claim(is_proven_by=lambda _body: True)
ANYBODY = Authentication(claim=lambda _headers: NOTHING_LEFT_TO_PROVE)


def only(headers: RawHeaders, name: bytes) -> bytes | None:
    """The value of a header that came exactly once; of two, a proxy might have checked the one and we the other."""
    values = [value for one, value in headers if one.lower() == name]
    return values[0] if len(values) == 1 else None


def any_equal(given: Iterable[bytes], expected: Sequence[bytes]) -> bool:
    """Whether one of these is one of those; all are compared, each in constant time, so that time does not tell which.

    What is compared is to have one length whatever the secret is: a signature, or a hash.
    """
    return sum(compare_digest(one, other) for one in given for other in expected) > 0
