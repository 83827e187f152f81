"""Sends one message: to a webhook as JSON, to a Slack webhook, or by e-mail."""

import logging
import smtplib
import ssl
from collections.abc import Callable, Iterable, Mapping
from email.message import EmailMessage
from importlib.util import find_spec
from typing import Any

import msgspec

from sighten_warehouse.alerts.problem import Message
from sighten_warehouse.alerts.target import Target
from sighten_warehouse.errors import MissingExtraError, TransientError

TIMEOUT_S = 10.0
Channel = Callable[[Target, Message], None]


class NotSentError(TransientError):
    """The target did not take the message; the error names neither address nor secret."""


def post_json(target: Target, message: Message) -> None:
    """Post the message to a webhook.

    Raises:
        NotSentError: the answer was none, or no 2xx.
    """
    _post(target, msgspec.to_builtins(message))


def post_to_slack(target: Target, message: Message) -> None:
    """Post the message to a Slack webhook.

    Raises:
        NotSentError: as `post_json`.
    """
    _post(target, {"text": message.slack_text})


def require_poster(targets: Iterable[Target]) -> None:
    """Refuse targets that nothing can be posted to, before there is a problem to post.

    Raises:
        MissingExtraError: the library for it is not installed.
    """
    posted = [target.name for target in targets if target.kind in ("webhook", "slack")]
    if posted and find_spec("requests") is None:
        raise MissingExtraError("api", by=f"SIGHTEN_ALERTS: {posted[0]}", package="requests")


def _post(target: Target, content: Mapping[str, Any]) -> None:
    import requests  # noqa: PLC0415  (heavy, and most checks send nothing)

    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it logs addresses, which hold secrets
    try:
        response = requests.post(target.url, json=content, timeout=TIMEOUT_S, allow_redirects=False, stream=True)
        response.close()
    except requests.RequestException as error:  # its message holds the address
        raise NotSentError(f"{target.name}: no answer ({type(error).__name__})") from None
    if response.status_code not in range(200, 300):
        raise NotSentError(f"{target.name}: answered {response.status_code}, expected 2xx")


def send_mail(target: Target, message: Message) -> None:
    """Send the message as an e-mail; a password only goes over TLS, or to this machine.

    Raises:
        NotSentError: the server did not take it, or offers no TLS.
    """
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.subject, target.sender, target.recipient
    mail.set_content(message.body)
    try:
        with _connect(target) as server:
            if target.user is not None:
                server.login(target.user, target.password or "")
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:  # an SMTP error may repeat what was sent
        raise NotSentError(f"{target.name}: no e-mail was taken ({type(error).__name__})") from None


def _connect(target: Target) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if target.kind == "smtps":
        return smtplib.SMTP_SSL(target.host, target.port or 0, timeout=TIMEOUT_S, context=context)
    server = smtplib.SMTP(target.host, target.port or 0, timeout=TIMEOUT_S)
    try:
        _encrypt(server, target, context)
    except BaseException:
        server.close()
        raise
    return server


def _encrypt(server: smtplib.SMTP, target: Target, context: ssl.SSLContext) -> None:
    server.ehlo()
    if server.has_extn("starttls"):
        server.starttls(context=context)
    elif target.user is not None and not target.is_local:
        raise NotSentError(f"{target.name}: offers no TLS; expected it before a password is sent")


CHANNELS: Mapping[str, Channel] = {
    "webhook": post_json,
    "slack": post_to_slack,
    "smtp": send_mail,
    "smtps": send_mail,
}
