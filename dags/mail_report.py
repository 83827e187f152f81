"""### Send the weekly report as an e-mail

On Monday morning, about the week before, to each address of SIGHTEN_REPORT_TO; without that setting nothing is sent.
Each address gets one e-mail a week: a retry sends only what was not sent before, and so does the run of each following
morning. `sighten-warehouse mail` shows the same e-mail.
"""

from airflow.sdk import task

from sighten_airflow.dag_defaults import MORNING, Counts
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag


@sighten_dag(schedule=MORNING)
def mail_report(tenant: Tenant) -> None:
    """Send the report of the last full week to those who have not had it."""

    @task(inlets=[tenant.warehouse])
    def mail() -> Counts:
        from sighten_airflow.mailing import mail_unless_sent

        return mail_unless_sent(tenant.settings())

    mail()


mail_report()
