"""Hands an e-mail to the mail server that an address names."""

import smtplib
import ssl
from email.message import EmailMessage

from sighten_warehouse.alerts.target import Target
from sighten_warehouse.errors import TransientError

TIMEOUT_S = 10.0


class NotSentError(TransientError):
    """The target did not take the message; the error names neither address nor secret."""


def deliver(target: Target, mail: EmailMessage) -> None:
    """Send the e-mail; a password only goes over TLS, or to this machine.

    Raises:
        NotSentError: the server did not take it, or offers no TLS.
    """
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
