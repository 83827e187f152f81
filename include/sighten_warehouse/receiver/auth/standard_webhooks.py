"""Standard Webhooks: a signature of id, timestamp and body that expires and is accepted once."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence

from sighten_warehouse.errors import SettingError
from sighten_warehouse.receiver.auth.claims import Authentication, Claim, RawHeaders, any_equal, single_value
from sighten_warehouse.receiver.auth.hmac_body import hmac_sha256
from sighten_warehouse.receiver.auth.landed_attempts import Attempt
from sighten_warehouse.receiver.auth.replays import Replays

SIGNATURE_HEADER = "webhook-signature"
SECRET_MARK = "whsec_"  # noqa: S105  (the prefix of such a secret)
TOLERANCE_SECONDS = 300

# With a full stop in the id, one signature would fit two divisions into id, timestamp and body.
_ID = re.compile(rb"[!-\-/-~]{1,256}")
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")
_SIGNATURE = re.compile(rb"v1,[A-Za-z0-9+/]{43}=")


def standard_webhooks(
    secrets: Sequence[str], *, clock: Callable[[], float], landed: Iterable[Attempt] = ()
) -> Authentication:
    """Accept deliveries with `webhook-id`, `webhook-timestamp` and `webhook-signature` signed by one of the secrets.

    `clock` returns seconds since 1970. A timestamp may be 5 minutes off. An acknowledged attempt is refused when it is
    repeated; `landed`: those acknowledged before, of which too old ones are ignored.

    Raises:
        SettingError: a secret begins with `whsec_`, and the rest is not base64.
    """
    keys = [standard_key(secret) for secret in secrets]
    replays = Replays(clock=clock)
    for attempt_id, timestamp in landed:
        if _TIMESTAMP.fullmatch(timestamp) and not replays.remember(
            _signed(attempt_id, timestamp), until=int(timestamp) + TOLERANCE_SECONDS
        ):
            break

    def is_fresh(seconds: int) -> bool:
        return abs(clock() - seconds) <= TOLERANCE_SECONDS

    def claim(headers: RawHeaders) -> Claim | None:
        delivery_id, timestamp = (
            single_value(headers, b"webhook-id") or b"",
            single_value(headers, b"webhook-timestamp") or b"",
        )
        listed = (single_value(headers, SIGNATURE_HEADER.encode()) or b"").split(b" ")
        signatures = [signature for signature in listed if _SIGNATURE.fullmatch(signature)]
        if not (_ID.fullmatch(delivery_id) and _TIMESTAMP.fullmatch(timestamp) and signatures):
            return None
        seconds, signed = int(timestamp), _signed(delivery_id, timestamp)
        attempt = replays.attempt(signed, until=seconds + TOLERANCE_SECONDS)
        if not is_fresh(seconds) or attempt.was_landed:
            return None

        def is_proven_by(body: bytes) -> bool:
            expected = [b"v1," + b64encode(hmac_sha256(key, signed, body)) for key in keys]
            # A body may arrive late: once its attempt is forgotten, accepting it could be accepting a replay.
            return any_equal(signatures, expected) and is_fresh(seconds)

        return Claim(is_proven_by, attempt)

    return Authentication(claim)


def _signed(delivery_id: bytes, timestamp: bytes) -> bytes:
    """What is signed before the body."""
    return b"%b.%b." % (delivery_id, timestamp)


def standard_key(secret: str) -> bytes:
    """The key of a secret: base64 after `whsec_`, or else the secret itself.

    Raises:
        SettingError: the secret begins with `whsec_`, and the rest is not base64.
    """
    if not secret.startswith(SECRET_MARK):
        return secret.encode()
    try:
        key = b64decode(secret.removeprefix(SECRET_MARK), validate=True)
    except ValueError:  # not chained: a decoder's message may show the secret
        key = b""
    if not key:
        raise SettingError(f"SIGHTEN_WEBHOOK_SECRET: expected base64 after `{SECRET_MARK}`")
    return key
