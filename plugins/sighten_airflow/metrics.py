"""Numbers of the warehouse as gauges `sighten.*`, sent to wherever Airflow's own metrics go."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from airflow.sdk.observability import stats

if TYPE_CHECKING:
    from sighten_warehouse.reconcile.step import ReconcileResult

RECONCILED = ("changed", "delivered", "pulled", "failed", "left")
COVERAGE = "sighten.coverage"


def emit_coverage(result: "ReconcileResult", tenant: str | None = None) -> "ReconcileResult":
    """Set the gauges `sighten.reconcile.*` and `sighten.coverage`; return the result unchanged."""
    for name in RECONCILED:
        _emit(f"sighten.reconcile.{name}", getattr(result, name), tenant)
    if result.coverage is not None:
        _emit(COVERAGE, result.coverage, tenant)
    return result


def emit_measures(measures: Mapping[str, float], tenant: str | None = None) -> None:
    """Set the gauge `sighten.<name>` of each."""
    for name, value in measures.items():
        _emit(f"sighten.{name}", value, tenant)


def _emit(name: str, value: float, tenant: str | None) -> None:
    # In the name, since plain StatsD has no labels; deploy/prometheus.yml makes one of it.
    stats.gauge(f"{name}.tenant.{tenant}" if tenant else name, value)
