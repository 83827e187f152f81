"""Coverage as metrics of Airflow's own, which go wherever Airflow's metrics are configured to go."""

from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from sighten_warehouse.reconcile import ReconcileResult


def measured(result: "ReconcileResult") -> "ReconcileResult":
    """The same result; gauges say what it says of the days that were compared."""
    for name in ("changed", "delivered", "pulled", "failed", "left"):
        stats.gauge(f"sighten.reconcile.{name}", getattr(result, name))
    if result.coverage is not None:
        stats.gauge("sighten.coverage", result.coverage)
    return result
