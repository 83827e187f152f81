"""Choice of the authentication scheme by `SIGHTEN_WEBHOOK_AUTH`."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from sighten_warehouse.errors import SettingError
from sighten_warehouse.receiver.auth.claims import ANYBODY, Authentication
from sighten_warehouse.receiver.auth.hmac_body import body_signature
from sighten_warehouse.receiver.auth.landed_attempts import landed_attempts
from sighten_warehouse.receiver.auth.standard_webhooks import (
    SECRET_MARK,
    SIGNATURE_HEADER,
    TOLERANCE_SECONDS,
    standard_key,
    standard_webhooks,
)
from sighten_warehouse.receiver.auth.static import basic, static_header
from sighten_warehouse.settings import Settings

LEAST_SECRET_BYTES = 8


def authenticator(
    settings: Settings, *, clock: Callable[[], float] = time.time, landing: Path | None = None
) -> Authentication:
    """The authentication that the settings configure; `clock` returns seconds since 1970.

    Attempts that were landed lately in `landing` are refused when they are repeated.

    Raises:
        SettingError: settings contradict each other, or a secret is missing or ill-formed; the message has no secret.
    """
    secrets = [secret.value for secret in settings.webhook_secret]
    if settings.webhook_auth == "none":
        if secrets:
            raise SettingError(
                "SIGHTEN_WEBHOOK_AUTH: `none` lets anybody deliver although SIGHTEN_WEBHOOK_SECRET is set; "
                "expected `header`, `basic` or `hmac`, or no secret"
            )
        return ANYBODY
    if not secrets:
        raise SettingError(
            f"SIGHTEN_WEBHOOK_SECRET: not set; expected a secret, since SIGHTEN_WEBHOOK_AUTH={settings.webhook_auth}"
        )
    _refuse_short(secrets, settings)
    if settings.webhook_auth == "header":
        return static_header(secrets, header=settings.webhook_header)
    if settings.webhook_auth == "basic":
        return basic(secrets)
    if is_standard(secrets, header=settings.webhook_header):
        since = clock() - 2 * TOLERANCE_SECONDS  # a timestamp may be ahead of the time of landing
        landed = landed_attempts(landing, since=since) if landing is not None else ()
        return standard_webhooks(secrets, clock=clock, landed=landed)
    return body_signature(
        secrets,
        header=settings.webhook_header,
        encoding=settings.webhook_encoding,
        prefix=settings.webhook_prefix,
    )


def _refuse_short(secrets: Sequence[str], settings: Settings) -> None:
    for secret in secrets:
        key = secret.encode()
        if settings.webhook_auth == "basic":
            key = secret.partition(":")[2].encode()
        elif settings.webhook_auth == "hmac":
            key = standard_key(secret)
        if 0 < len(key) < LEAST_SECRET_BYTES:  # `basic` refuses what has no password
            what = {"basic": "password", "hmac": "key"}.get(settings.webhook_auth, "secret")
            raise SettingError(
                f"SIGHTEN_WEBHOOK_SECRET: a {what} of {len(key)} bytes can be guessed; expected {LEAST_SECRET_BYTES} "
                "or more, such as `openssl rand -hex 32` prints"
            )


def signing_key(settings: Settings) -> bytes | None:
    """The key for signing by Standard Webhooks; None if the settings configure another scheme.

    Raises:
        SettingError: as for `authenticator`.
    """
    secrets = [secret.value for secret in settings.webhook_secret]
    if settings.webhook_auth != "hmac" or not is_standard(secrets, header=settings.webhook_header):
        return None
    return standard_key(secrets[0]) if secrets else None


def is_standard(secrets: Sequence[str], *, header: str) -> bool:
    """Whether `hmac` means Standard Webhooks, by the configured header or secrets.

    Only settings decide, never the request. Otherwise whoever saw a signed delivery could replay `id.time.body` as a
    plain body with the same signature, for ever.

    Raises:
        SettingError: some secrets are for Standard Webhooks, but other secrets or the header are not.
    """
    if header.lower() == SIGNATURE_HEADER:
        return True
    marked = sum(secret.startswith(SECRET_MARK) for secret in secrets)
    if marked and header != Settings().webhook_header:
        raise SettingError(
            f"SIGHTEN_WEBHOOK_HEADER: {header} is not read with a secret that begins with `{SECRET_MARK}`; "
            f"expected {SIGNATURE_HEADER}"
        )
    if 0 < marked < len(secrets):
        raise SettingError(
            f"SIGHTEN_WEBHOOK_SECRET: some begin with `{SECRET_MARK}` and some do not; expected all to, or "
            f"SIGHTEN_WEBHOOK_HEADER={SIGNATURE_HEADER} to use all for Standard Webhooks"
        )
    return marked > 0
