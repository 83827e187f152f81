"""How a check of the warehouse ends in Airflow: its numbers as metrics, and an error if somebody could not be told."""

from typing import TYPE_CHECKING

from sighten_airflow.metrics import emit_measures
from sighten_warehouse.errors import TransientError

if TYPE_CHECKING:
    from sighten_warehouse.ops.watch import Watched


def report_watched(watched: "Watched", tenant: str | None) -> list[str]:
    """Set the gauges, and return the keys of the problems.

    Raises:
        TransientError: an alert could not be sent, so that Airflow tries again.
    """
    emit_measures(watched.measures, tenant)
    if watched.told.unsent:
        raise TransientError(f"not sent: {'; '.join(watched.told.unsent.values())}")
    return [problem.key for problem in watched.problems]
