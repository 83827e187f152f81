"""Numbers of the warehouse as gauges `sighten.*`, sent to wherever Airflow's own metrics go."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from sighten_warehouse.reconcile.step import ReconcileResult

RECONCILED = ("changed", "delivered", "pulled", "failed", "left")
COVERAGE = "sighten.coverage"


def emit_coverage(result: "ReconcileResult") -> "ReconcileResult":
    """Set the gauges `sighten.reconcile.*` and `sighten.coverage`; return the result unchanged."""
    for name in RECONCILED:
        stats.gauge(f"sighten.reconcile.{name}", getattr(result, name))
    if result.coverage is not None:
        stats.gauge(COVERAGE, result.coverage)
    return result


def emit_measures(measures: Mapping[str, float]) -> None:
    """Set the gauge `sighten.<name>` of each."""
    for name, value in measures.items():
        stats.gauge(f"sighten.{name}", value)
