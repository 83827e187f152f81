"""The result of a reconcile as metrics, sent to wherever Airflow's own metrics go."""

from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from sighten_warehouse.reconcile.step import ReconcileResult


def emit_coverage(result: "ReconcileResult") -> "ReconcileResult":
    """Set the gauges `sighten.reconcile.*` and `sighten.coverage`; return the result unchanged."""
    for name in ("changed", "delivered", "pulled", "failed", "left"):
        stats.gauge(f"sighten.reconcile.{name}", getattr(result, name))
    if result.coverage is not None:
        stats.gauge("sighten.coverage", result.coverage)
    return result
