"""Callbacks of every task: its failure is an alert, and its next success or skip ends that."""

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from airflow.sdk import Context

from sighten_airflow.tenant import settings_of, without_tenant

log = structlog.get_logger()

# The section of the runbook for a failed task, by DAG; other DAGs have the first.
OTHER = "a-task-failed"
RECIPES = {
    "sighten_load_milestones": "nothing-is-loaded",
    "sighten_publish_warehouse": "publish-fails",
    "sighten_report_warehouse": "publish-fails",
    "sighten_prove_warehouse": "publish-fails",
    "sighten_maintain_lake": "maintenance-is-overdue",
    "sighten_erase_subject": "erase",
    "sighten_enrich_quotes": "api-fails",
    "sighten_download_documents": "api-fails",
    "sighten_reconcile_milestones": "api-fails",
    "sighten_backfill_milestones": "backfill-fails",
}


def alert_failure(context: Context) -> None:
    """Send that the task failed, once, unless it failed before and did not succeed since."""
    from sighten_warehouse.alerts import Problem  # noqa: PLC0415  (heavy, and Airflow imports this file with each DAG)
    from sighten_warehouse.clock import Clock  # noqa: PLC0415

    dag_id, error = context["ti"].dag_id, context.get("exception")
    # Only the type: the message of an error of another library may hold data. A killed task has none.
    reason = type(error).__name__ if isinstance(error, BaseException) else "its process ended"
    problem = Problem(
        key=_key(context),
        text=f"Airflow's task {dag_id}.{context['ti'].task_id} failed ({reason})",
        recipe=RECIPES.get(without_tenant(dag_id), OTHER),
        severity="error",
        since=Clock().now(),
    )
    _tell(context, [problem], lambda _: False)


def end_alert(context: Context) -> None:
    """Send that the task fails no more, if its failure is an open alert."""
    from sighten_warehouse.alerts.ledger import read_ledger  # noqa: PLC0415  (as above)

    key = _key(context)
    if key in read_ledger(settings_of(context).layout):
        _tell(context, [], lambda other: other == key)


CALLBACKS: dict[str, Callable[[Context], None]] = {
    "on_failure_callback": alert_failure,
    "on_success_callback": end_alert,
    "on_skipped_callback": end_alert,
}


def _key(context: Context) -> str:
    from sighten_warehouse.alerts.problem import TASK_FAILED  # noqa: PLC0415  (as above)

    return f"{TASK_FAILED}{context['ti'].dag_id}.{context['ti'].task_id}"


def _tell(context: Context, problems: Iterable[Any], is_looked_for: Callable[[str], bool]) -> None:
    from sighten_airflow.notifiers import channels  # noqa: PLC0415  (as above)
    from sighten_warehouse.alerts import tell  # noqa: PLC0415

    told = tell(settings_of(context), lambda _: (problems, is_looked_for), channels=channels(context))
    for reason in told.unsent.values():
        log.warning("alert_not_sent", error=reason)  # the next check of `watch` tries again
