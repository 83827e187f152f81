"""Credentials that stand in a header as they are: a static header, or Basic."""

import binascii
import re
from base64 import b64decode
from collections.abc import Sequence
from hashlib import sha256

from sighten_warehouse.errors import SettingError
from sighten_warehouse.landing.line import KEPT_HEADERS
from sighten_warehouse.receiver.auth.claims import (
    NOTHING_LEFT_TO_PROVE,
    Authentication,
    Claim,
    RawHeaders,
    any_equal,
    only,
)

BASIC_CHALLENGE = 'Basic realm="sighten-warehouse", charset="UTF-8"'
_BASIC = re.compile(rb"basic +([A-Za-z0-9+/]+=*)", re.IGNORECASE)


def static_header(secrets: Sequence[str], *, header: str) -> Authentication:
    """That header holds one of the secrets.

    Raises:
        SettingError: the header is one that landing keeps, so the secret would be written with every delivery.
    """
    if header.lower() in KEPT_HEADERS:
        raise SettingError(
            f"SIGHTEN_WEBHOOK_HEADER: {header} is kept with every delivery; expected a header for the secret alone"
        )
    name, expected = header.lower().encode(), _hashes(secrets)

    def claim(headers: RawHeaders) -> Claim | None:
        return _claim(only(headers, name), expected)

    return Authentication(claim)


def basic(secrets: Sequence[str]) -> Authentication:
    """`Authorization: Basic`, RFC 7617, with one of the secrets as `user:password` in UTF-8.

    Raises:
        SettingError: a secret is no `user:password`.
    """
    for secret in secrets:
        user, _, password = secret.partition(":")
        if not user or not password:
            raise SettingError(
                "SIGHTEN_WEBHOOK_SECRET: expected `user:password` for SIGHTEN_WEBHOOK_AUTH=basic, without a comma in it"
            )
    expected = _hashes(secrets)

    def claim(headers: RawHeaders) -> Claim | None:
        return _claim(_user_and_password(only(headers, b"authorization")), expected)

    return Authentication(claim, challenge=BASIC_CHALLENGE)


def _user_and_password(authorization: bytes | None) -> bytes | None:
    match = _BASIC.fullmatch(authorization or b"")
    try:
        return b64decode(match[1], validate=True) if match else None
    except binascii.Error:
        return None


def _claim(given: bytes | None, expected: Sequence[bytes]) -> Claim | None:
    if given is None or not any_equal([sha256(given).digest()], expected):
        return None
    return NOTHING_LEFT_TO_PROVE


def _hashes(secrets: Sequence[str]) -> list[bytes]:
    # A comparison of the secrets themselves would tell by its time how long they are.
    return [sha256(secret.encode()).digest() for secret in secrets]
