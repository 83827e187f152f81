"""A sender for tests: authentication schemes, and requests with right or wrong credentials."""

import base64
import hashlib
import hmac
import http.client
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from sighten_warehouse.receiver.auth.claims import Authentication
from sighten_warehouse.receiver.auth.schemes import authenticator
from sighten_warehouse.settings import read_settings
from support.receiving import PATH, SOON, Running

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC).timestamp()
BODY = b'{"status": "APPROVED", "name": "Caf\\u00e9"}'
WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Header = tuple[str, bytes]


def configured(
    auth: str,
    secret: str,
    *,
    clock: Callable[[], float] = lambda: NOW,
    landing: Path | None = None,
    **settings: str,
) -> Authentication:
    given = {"SIGHTEN_WEBHOOK_AUTH": auth, "SIGHTEN_WEBHOOK_SECRET": secret}
    return authenticator(
        read_settings(given | {f"SIGHTEN_{name.upper()}": text for name, text in settings.items()}),
        clock=clock,
        landing=landing,
    )


def send(receiver: Running, *headers: Header, body: bytes = BODY) -> int:
    """The response status of a delivery with these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=SOON)
    try:
        connection.putrequest("POST", PATH)
        for name, value in [("Content-Length", b"%d" % len(body)), *headers]:
            connection.putheader(name, value)
        connection.endheaders(body)
        return connection.getresponse().status
    finally:
        connection.close()


def response_before_the_body(receiver: Running, *headers: Header) -> bytes:
    """The response to a request whose announced body is never sent."""
    head = b"".join(b"%b: %b\r\n" % (name.encode(), value) for name, value in headers)
    with receiver.connect() as connection:
        connection.sendall(
            b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n" + head + b"\r\n"
        )
        return connection.recv(10_000)


def basic(user_and_password: str) -> Header:
    return "Authorization", b"Basic " + base64.b64encode(user_and_password.encode())


def signature(secret: str, body: bytes = BODY) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


def standard(key: bytes, *, delivery_id: bytes = b"msg_1", timestamp: float = NOW, body: bytes = BODY) -> list[Header]:
    """The three headers of Standard Webhooks."""
    at = b"%d" % timestamp
    signed = hmac.new(key, delivery_id + b"." + at + b"." + body, hashlib.sha256).digest()
    return [
        ("Webhook-Id", delivery_id),
        ("Webhook-Timestamp", at),
        ("Webhook-Signature", b"v1," + base64.b64encode(signed)),
    ]


def key_of(whsec: str) -> bytes:
    return base64.b64decode(whsec.removeprefix("whsec_"))
