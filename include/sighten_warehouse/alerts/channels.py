"""Sends one message about a problem: to a webhook as JSON, to a Slack webhook, or by e-mail."""

import logging
from collections.abc import Callable, Iterable, Mapping
from email.message import EmailMessage
from importlib.util import find_spec
from typing import Any

import msgspec

from sighten_warehouse.alerts.mail import TIMEOUT_S, NotSentError, deliver
from sighten_warehouse.alerts.problem import Message
from sighten_warehouse.alerts.target import Target
from sighten_warehouse.errors import MissingExtraError

Channel = Callable[[Target, Message], None]


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
    """Send the message as an e-mail.

    Raises:
        NotSentError: as `mail.deliver`.
    """
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.subject, target.sender, target.recipient
    mail.set_content(message.body)
    deliver(target, mail)


CHANNELS: Mapping[str, Channel] = {
    "webhook": post_json,
    "slack": post_to_slack,
    "smtp": send_mail,
    "smtps": send_mail,
}
