"""A header with the HMAC-SHA256 of the raw body, in hex or base64."""

import hmac
import re
from base64 import b64encode
from collections.abc import Sequence
from functools import partial
from typing import Literal

from sighten_warehouse.receiver.auth.claims import Authentication, Claim, RawHeaders, any_equal, single_value

Encoding = Literal["hex", "base64"]

_SIGNATURES: dict[Encoding, re.Pattern[bytes]] = {
    "hex": re.compile(rb"[0-9A-Fa-f]{64}"),
    "base64": re.compile(rb"[A-Za-z0-9+/]{43}="),
}


def body_signature(secrets: Sequence[str], *, header: str, encoding: Encoding, prefix: str) -> Authentication:
    """Accept deliveries whose header is the prefix and the body's HMAC-SHA256 with one of the secrets.

    Hex digits may be upper or lower case. There is no protection against replays.
    """
    name, prefix_bytes = header.lower().encode(), prefix.encode()
    is_proven = partial(_is_signed, keys=[secret.encode() for secret in secrets], encoding=encoding)

    def claim(headers: RawHeaders) -> Claim | None:
        value = single_value(headers, name)
        if value is None or not value.startswith(prefix_bytes):
            return None
        signature = value.removeprefix(prefix_bytes)
        if not _SIGNATURES[encoding].fullmatch(signature):
            return None
        return Claim(is_proven_by=partial(is_proven, signature=signature))

    return Authentication(claim)


def hmac_sha256(key: bytes, *parts: bytes) -> bytes:
    """The HMAC-SHA256 of the concatenated parts."""
    if len(parts) == 1:
        return hmac.digest(key, parts[0], "sha256")  # faster than an object
    mac = hmac.new(key, digestmod="sha256")
    for part in parts:
        mac.update(part)
    return mac.digest()


def _is_signed(body: bytes, *, signature: bytes, keys: Sequence[bytes], encoding: Encoding) -> bool:
    digests = [hmac_sha256(key, body) for key in keys]
    if encoding == "hex":
        return any_equal([signature.lower()], [digest.hex().encode() for digest in digests])
    return any_equal([signature], [b64encode(digest) for digest in digests])
