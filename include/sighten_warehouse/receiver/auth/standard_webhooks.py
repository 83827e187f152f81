"""Standard Webhooks: a signature of id, time and body, that grows stale and is accepted once."""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence

from sighten_warehouse.errors import SettingError
from sighten_warehouse.receiver.auth.claims import Authentication, Claim, RawHeaders, any_equal, only
from sighten_warehouse.receiver.auth.hmac_body import hmac_sha256
from sighten_warehouse.receiver.auth.replays import Replays

SIGNATURE_HEADER = "webhook-signature"
SECRET_MARK = "whsec_"  # noqa: S105  (how such a secret begins)
TOLERANCE_SECONDS = 300

# A full stop in the id would let one signature stand for two divisions into id, time and body.
_ID = re.compile(rb"[!-\-/-~]{1,256}")
_TIMESTAMP = re.compile(rb"[0-9]{1,12}")
_SIGNATURE = re.compile(rb"v1,[A-Za-z0-9+/]{43}=")


def standard_webhooks(secrets: Sequence[str], *, clock: Callable[[], float]) -> Authentication:
    """The three headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, signed by one of the secrets.

    `clock` gives seconds since 1970. A timestamp may be 5 minutes off; an attempt that was acknowledged is refused
    when it comes again.

    Raises:
        SettingError: a secret begins with `whsec_` and goes on with something that is not base64.
    """
    keys = [standard_key(secret) for secret in secrets]
    replays = Replays(clock=clock)

    def is_fresh(seconds: int) -> bool:
        return abs(clock() - seconds) <= TOLERANCE_SECONDS

    def claim(headers: RawHeaders) -> Claim | None:
        delivery_id, timestamp = only(headers, b"webhook-id") or b"", only(headers, b"webhook-timestamp") or b""
        listed = (only(headers, SIGNATURE_HEADER.encode()) or b"").split(b" ")
        signatures = [one for one in listed if _SIGNATURE.fullmatch(one)]
        if not (_ID.fullmatch(delivery_id) and _TIMESTAMP.fullmatch(timestamp) and signatures):
            return None
        seconds, signed = int(timestamp), b"%b.%b." % (delivery_id, timestamp)
        attempt = replays.attempt(signed, until=seconds + TOLERANCE_SECONDS)
        if not is_fresh(seconds) or attempt.was_landed:
            return None

        def is_proven_by(body: bytes) -> bool:
            expected = [b"v1," + b64encode(hmac_sha256(key, signed, body)) for key in keys]
            # A body may take its time; once its attempt is forgotten it must not be accepted any more.
            return any_equal(signatures, expected) and is_fresh(seconds)

        return Claim(is_proven_by, attempt)

    return Authentication(claim)


def standard_key(secret: str) -> bytes:
    """The key that a secret means: after `whsec_` it is base64, any other is taken as it is.

    Raises:
        SettingError: it begins with `whsec_` and goes on with something that is not base64.
    """
    if not secret.startswith(SECRET_MARK):
        return secret.encode()
    try:
        key = b64decode(secret.removeprefix(SECRET_MARK), validate=True)
    except ValueError:  # not chained: the message of some decoders shows what they were given
        key = b""
    if not key:
        raise SettingError(f"SIGHTEN_WEBHOOK_SECRET: expected base64 after `{SECRET_MARK}`")
    return key
