"""Credentials sent in a header as they are: a static header, or Basic authentication."""

import binascii
import re
from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256

from sighten_warehouse.errors import SettingError
from sighten_warehouse.landing.line import KEPT_HEADERS
from sighten_warehouse.receiver.auth.claims import (
    PROVEN,
    Authentication,
    Claim,
    RawHeaders,
    any_equal,
    single_value,
)

BASIC_CHALLENGE = 'Basic realm="sighten-warehouse", charset="UTF-8"'
_BASIC = re.compile(rb"basic +([A-Za-z0-9+/]+=*)", re.IGNORECASE)


def static_header(secrets: Sequence[str], *, header: str) -> Authentication:
    """Accept deliveries whose header has one of the secrets as its value.

    Raises:
        SettingError: landing keeps this header, so it would store the secret with every delivery.
    """
    if header.lower() in KEPT_HEADERS:
        raise SettingError(
            f"SIGHTEN_WEBHOOK_HEADER: {header} is kept with every delivery; expected a header for the secret alone"
        )
    name, expected = header.lower().encode(), _hashes(secrets)

    def claim(headers: RawHeaders) -> Claim | None:
        return _claim(single_value(headers, name), expected)

    return Authentication(claim)


def basic(secrets: Sequence[str]) -> Authentication:
    """Accept `Authorization: Basic` (RFC 7617) with one of the secrets as `user:password` in UTF-8.

    Raises:
        SettingError: a secret is not `user:password`.
    """
    for secret in secrets:
        user, _, password = secret.partition(":")
        if not user or not password:
            raise SettingError(
                "SIGHTEN_WEBHOOK_SECRET: expected `user:password` for SIGHTEN_WEBHOOK_AUTH=basic, without a comma in it"
            )
    expected = _hashes(secrets)

    def claim(headers: RawHeaders) -> Claim | None:
        return _claim(_user_and_password(single_value(headers, b"authorization")), expected)

    return Authentication(claim, challenge=BASIC_CHALLENGE, is_ambient=True)


def _user_and_password(authorization: bytes | None) -> bytes | None:
    match = _BASIC.fullmatch(authorization or b"")
    try:
        return b64decode(match[1], validate=True) if match else None
    except binascii.Error:
        return None


def _claim(given: bytes | None, expected: Sequence[bytes]) -> Claim | None:
    if given is None or not any_equal([sha256(given).digest()], expected):
        return None
    return PROVEN


def _hashes(secrets: Sequence[str]) -> list[bytes]:
    # Comparing the secrets themselves would reveal their length by its duration.
    return [sha256(secret.encode()).digest() for secret in secrets]
