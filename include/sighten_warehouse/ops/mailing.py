"""Sends the weekly report to each address of SIGHTEN_REPORT_TO, once for each week."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from email.message import EmailMessage
from email.utils import format_datetime

import msgspec
import structlog

from sighten_warehouse.alerts.mail import NotSentError, deliver
from sighten_warehouse.alerts.target import Target, targets_of
from sighten_warehouse.clock import Clock
from sighten_warehouse.durable import write_durably
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer
from sighten_warehouse.report.weekly import Weekly, last_full_week, read_weekly
from sighten_warehouse.report.weekly_content import subject
from sighten_warehouse.report.weekly_mail import as_html, as_text
from sighten_warehouse.settings import Settings

log = structlog.get_logger()
Deliver = Callable[[Target, EmailMessage], None]


class Sent(msgspec.Struct):
    """The week that was last reported on, and digests of the addresses that have its report."""

    week: date
    addresses: list[str] = []


@dataclass
class Mailed:
    """How many e-mails were sent, how many addresses had the week's before, and why others were not sent."""

    sent: int = 0
    known: int = 0
    unsent: list[str] = field(default_factory=list)


def mail_report(
    settings: Settings, *, again: bool = False, clock: Clock | None = None, deliver: Deliver = deliver
) -> Mailed:
    """Send the report of the last full week to each address that has not had it; with `again`, to each.

    What was sent is written down after each e-mail, so a call after a failure sends the rest. A process that dies
    between the two sends one e-mail again, with the same Message-ID.

    Raises:
        NotPublishedError: nothing is published.
        ModelError: the version was published by incompatible code.
        StorageError: the disk refused to keep what was sent.
    """
    now = (clock or Clock()).now()
    week, mailed = last_full_week(now.date()), Mailed()
    with one_writer(settings.layout, "mail"):
        sent = _read(settings.layout, week)
        due = [(target, key) for target in targets_of(settings.report_to) if (key := _key(target))]
        waiting = [(target, key) for target, key in due if again or key not in sent.addresses]
        mailed.known = len(due) - len(waiting)
        if not waiting:
            return mailed
        weekly = read_weekly(settings, today=now.date())
        for target, key in waiting:
            mail = message(weekly, sender=target.sender, recipient=target.recipient)
            mail["Date"], mail["Message-ID"] = format_datetime(now), _message_id(settings, week, key, target)
            try:
                deliver(target, mail)
            except NotSentError as error:
                log.warning("report_not_mailed", error=str(error))
                mailed.unsent.append(str(error))
                continue
            mailed.sent += 1
            sent.addresses = sorted({*sent.addresses, key})
            write_durably(settings.layout.mailed_report, msgspec.json.encode(sent))
    log.info("report_mailed", week=week.isoformat(), sent=mailed.sent, known=mailed.known, unsent=len(mailed.unsent))
    return mailed


def message(weekly: Weekly, *, sender: str, recipient: str) -> EmailMessage:
    """The e-mail: plain text, and HTML for programs that show it."""
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = subject(weekly), sender, recipient
    mail.set_content(as_text(weekly))
    mail.add_alternative(as_html(weekly), subtype="html")
    return mail


def _read(layout: Layout, week: date) -> Sent:
    """What was sent of that week; of another week nothing counts."""
    try:
        sent = msgspec.json.decode(layout.mailed_report.read_bytes(), type=Sent)
    except FileNotFoundError:
        return Sent(week)
    return sent if sent.week == week else Sent(week)


def _key(target: Target) -> str:
    return hashlib.sha256(target.recipient.lower().encode()).hexdigest()[:16]


def _message_id(settings: Settings, week: date, key: str, target: Target) -> str:
    home = hashlib.sha256(str(settings.layout.root).encode()).hexdigest()[:16]
    return f"<sighten-{week.isoformat()}.{home}.{key}@{target.sender.rpartition('@')[2]}>"
