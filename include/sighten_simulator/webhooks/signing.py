"""The authentication headers of simulated webhooks, for each scheme of the receiver."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from uuid import uuid4

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import Settings

Headers = Mapping[str, bytes]
AuthHeaders = Callable[[bytes], Headers]
"""Returns the authentication headers of a body."""


def no_auth_headers(_body: bytes) -> Headers:
    """No headers, for a receiver without authentication."""
    return {}


def build_auth_headers(
    settings: Settings, *, standard_key: bytes | None, clock: Callable[[], float] = time.time
) -> AuthHeaders:
    """The headers that a receiver with the same settings expects, made with the first secret.

    `standard_key` is the key of Standard Webhooks; None for another scheme.

    Raises:
        SettingError: a secret is missing or ill-formed.
    """
    if settings.webhook_auth == "none":
        return no_auth_headers
    secrets = [secret.value for secret in settings.webhook_secret]
    if not secrets:
        raise SettingError("SIGHTEN_WEBHOOK_SECRET: not set; expected the receiver's secret")
    header, secret = settings.webhook_header, secrets[0].encode()
    if settings.webhook_auth == "header":
        return lambda _body: {header: secret}
    if settings.webhook_auth == "basic":
        return lambda _body: {"Authorization": b"Basic " + base64.b64encode(secret)}
    if standard_key is not None:
        return lambda body: _standard_headers(body, key=standard_key, seconds=int(clock()))
    return lambda body: {header: _signature(body, settings, key=secret)}


def _signature(body: bytes, settings: Settings, *, key: bytes) -> bytes:
    digest = hmac.digest(key, body, hashlib.sha256)
    encoded = digest.hex().encode() if settings.webhook_encoding == "hex" else base64.b64encode(digest)
    return settings.webhook_prefix.encode() + encoded


def _standard_headers(body: bytes, *, key: bytes, seconds: int) -> Headers:
    delivery_id, timestamp = f"msg_{uuid4().hex}".encode(), str(seconds).encode()
    digest = hmac.digest(key, delivery_id + b"." + timestamp + b"." + body, hashlib.sha256)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": b"v1," + base64.b64encode(digest),
    }
