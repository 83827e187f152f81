"""How alerts leave Airflow: by its own notifiers where their provider is installed, else by the product."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from importlib.util import find_spec
from typing import Any

from airflow.sdk import BaseNotifier, Context

from sighten_warehouse.alerts.channels import CHANNELS, Channel
from sighten_warehouse.alerts.mail import TIMEOUT_S, NotSentError
from sighten_warehouse.alerts.problem import Message
from sighten_warehouse.alerts.target import Target

CONNECTION_ID = "sighten_alerts"
Notifier = Callable[[Target, Message], BaseNotifier]


def channels(context: Context) -> Mapping[str, Channel]:
    """A channel for each kind of target."""
    found = dict(CHANNELS)
    if _is_installed("airflow.providers.smtp"):
        found |= dict.fromkeys(("smtp", "smtps"), _by(_mail, _smtp_connection, context))
    if _is_installed("airflow.providers.slack"):
        found["slack"] = _by(_slack, _slack_connection, context)
    return found


def _is_installed(provider: str) -> bool:
    return find_spec(provider) is not None


def _mail(target: Target, message: Message) -> BaseNotifier:
    from airflow.providers.smtp.notifications.smtp import SmtpNotifier  # noqa: PLC0415  (optional)

    return SmtpNotifier(
        to=target.recipient,
        from_email=target.sender,
        subject=message.subject,
        html_content=f"<pre>{escape(message.body)}</pre>",
        smtp_conn_id=CONNECTION_ID,
    )


def _slack(_: Target, message: Message) -> BaseNotifier:
    from airflow.providers.slack.notifications.slack_webhook import SlackWebhookNotifier  # noqa: PLC0415  (optional)

    return SlackWebhookNotifier(  # type: ignore[no-any-return]
        slack_webhook_conn_id=CONNECTION_ID, text=message.slack_text, timeout=int(TIMEOUT_S), retry_handlers=[]
    )


def _by(notifier: Notifier, connection: Callable[[Target], Mapping[str, Any]], context: Context) -> Channel:
    """A channel that lets the notifier send, over a connection that exists only meanwhile."""

    def send(target: Target, message: Message) -> None:
        with _connection(connection(target)):
            try:
                notifier(target, message).notify(context)  # a call would render the text as a template
            except Exception as error:  # noqa: BLE001  (providers raise anything, with addresses in the message)
                raise NotSentError(f"{target.name}: Airflow's notifier failed ({type(error).__name__})") from None

    return send


def _smtp_connection(target: Target) -> Mapping[str, Any]:
    is_ssl = target.kind == "smtps"
    extra = {
        "disable_ssl": not is_ssl,
        "disable_tls": is_ssl or target.is_local,
        "timeout": int(TIMEOUT_S),
        "retry_limit": 0,
    }
    login = {"login": target.user, "password": target.password} if target.user else {}
    return {"conn_type": "smtp", "host": target.host, "port": target.port, **login, "extra": extra}


def _slack_connection(target: Target) -> Mapping[str, Any]:
    return {"conn_type": "slackwebhook", "password": target.url}


@contextmanager
def _connection(facts: Mapping[str, Any]) -> Iterator[None]:
    name = f"AIRFLOW_CONN_{CONNECTION_ID.upper()}"
    os.environ[name] = json.dumps(facts)
    try:
        yield
    finally:
        del os.environ[name]
