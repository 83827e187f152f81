"""### Erase a site, a person's e-mail address or a milestone, once a person has approved it

Trigger it with what is to be erased and its id or address. `count` counts what there is, and changes nothing. Then the
run waits for a person, for up to seven days: Required Actions in this UI shows the counts, and Approve or Reject. After
Approve, `erase` does what `sighten-warehouse erase` does. The run fails if something is left to look at. Airflow keeps
the parameters of a run: delete the run afterwards.
"""

from datetime import timedelta

from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import task

from sighten_airflow.dag_defaults import LONG_TIMEOUT, TIMEOUT, Counts
from sighten_airflow.erasing import ERASE_PARAMS, announce_erased, fail_if_left, subject_param
from sighten_airflow.tenant import Tenant
from sighten_airflow.tenant_dags import sighten_dag


@sighten_dag(schedule=None, params=ERASE_PARAMS)
def erase_subject(tenant: Tenant) -> None:
    """Count, ask, erase."""

    @task(execution_timeout=LONG_TIMEOUT)
    def count(params: dict[str, str] | None = None) -> Counts:
        from sighten_warehouse.erase import preview

        return dict(preview(tenant.settings(), subject_param(params)))

    # Without an answer it is rejected.
    approve = ApprovalOperator(
        task_id="approve",
        subject="Erase this {{ params.what }} for good?",
        body="{% for place, n in ti.xcom_pull(task_ids='count').items() %}- {{ n }} {{ place }}\n{% endfor %}",
        defaults=ApprovalOperator.REJECT,
        response_timeout=timedelta(days=7),
        execution_timeout=TIMEOUT,
    )

    @task(pool=tenant.writer_pool, outlets=[tenant.warehouse], execution_timeout=LONG_TIMEOUT)
    def erase(params: dict[str, str] | None = None) -> list[str]:
        from sighten_warehouse.erase import erase

        return announce_erased(erase(tenant.settings(), subject_param(params)), tenant)

    # Apart, so that the new version is announced even if the run fails.
    @task
    def check(left: list[str]) -> None:
        fail_if_left(left)

    erased = erase()
    count() >> approve >> erased
    check(erased)  # type: ignore[arg-type]  # Airflow passes the result, not the task


erase_subject()
