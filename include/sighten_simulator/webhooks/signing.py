"""How the simulated Sighten proves that a webhook is its own, in each way that a receiver may ask for."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from uuid import uuid4

from sighten_warehouse.errors import SettingError
from sighten_warehouse.settings import Settings

Headers = Mapping[str, bytes]
Prove = Callable[[bytes], Headers]
"""The headers that go with a body."""


def no_proof(_body: bytes) -> Headers:
    """What a receiver that lets anybody in asks for."""
    return {}


def proof(settings: Settings, *, standard_key: bytes | None, clock: Callable[[], float] = time.time) -> Prove:
    """The headers that a receiver with the same settings expects; of several secrets the first is used.

    `standard_key` signs by Standard Webhooks; None where the settings ask for another scheme.

    Raises:
        SettingError: a secret is missing or ill-formed.
    """
    if settings.webhook_auth == "none":
        return no_proof
    secrets = [secret.get_secret_value() for secret in settings.webhook_secret]
    if not secrets:
        raise SettingError("SIGHTEN_WEBHOOK_SECRET: not set; expected the secret that the receiver has")
    header, secret = settings.webhook_header, secrets[0].encode()
    if settings.webhook_auth == "header":
        return lambda _body: {header: secret}
    if settings.webhook_auth == "basic":
        return lambda _body: {"Authorization": b"Basic " + base64.b64encode(secret)}
    if standard_key is not None:
        return lambda body: _standard(body, key=standard_key, seconds=int(clock()))
    return lambda body: {header: _signature(body, settings, key=secret)}


def _signature(body: bytes, settings: Settings, *, key: bytes) -> bytes:
    digest = hmac.digest(key, body, hashlib.sha256)
    spelled = digest.hex().encode() if settings.webhook_encoding == "hex" else base64.b64encode(digest)
    return settings.webhook_prefix.encode() + spelled


def _standard(body: bytes, *, key: bytes, seconds: int) -> Headers:
    delivery_id, timestamp = f"msg_{uuid4().hex}".encode(), str(seconds).encode()
    digest = hmac.digest(key, delivery_id + b"." + timestamp + b"." + body, hashlib.sha256)
    return {
        "webhook-id": delivery_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": b"v1," + base64.b64encode(digest),
    }
