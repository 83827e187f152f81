"""How the weekly e-mail ends in Airflow: its counts, a skip if everybody has it, an error if somebody has not."""

from airflow.sdk.exceptions import AirflowSkipException

from sighten_airflow.dag_defaults import Counts
from sighten_warehouse.errors import TransientError
from sighten_warehouse.settings import Settings


def mail_unless_sent(settings: Settings) -> Counts:
    """Send the report of the last full week to each address that has not had it.

    Raises:
        AirflowSkipException: each has had it, or SIGHTEN_REPORT_TO is not set.
        TransientError: some e-mails were not sent, so that Airflow tries again; it sends only those.
    """
    from sighten_warehouse.ops.mailing import mail_report  # noqa: PLC0415  (heavy; Airflow imports this file's caller)
    from sighten_warehouse.publish.versions import pull_newest  # noqa: PLC0415

    if not settings.report_to:
        raise AirflowSkipException("SIGHTEN_REPORT_TO is not set")
    mailed = mail_report(pull_newest(settings))
    if mailed.unsent:
        raise TransientError(f"not sent: {'; '.join(mailed.unsent)}")
    if not mailed.sent:
        raise AirflowSkipException("the report of this week was sent before")
    return {"sent": mailed.sent, "sent_before": mailed.known}
