"""The numbers of a home for monitoring; Airflow sends them as gauges `sighten.<name>`."""

from datetime import UTC, datetime, timedelta

import duckdb

from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.ops.status import Status
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.remotes import present
from sighten_warehouse.settings import Settings

STEPS = {
    "latency": "from landing to publishing",
    "load_latency": "from landing to loading",
    "publish_latency": "from loading to publishing",
}
SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
LATENCY = {
    f"{step}_{share}_seconds": f"{share} of the last day's deliveries, {what}"
    for step, what in STEPS.items()
    for share in SHARES
}
MEASURES = {
    "landed": "deliveries in landing",
    "pending": "deliveries that are not loaded",
    "unpublished": "deliveries that are loaded and not published",
    "oldest_unpublished_seconds": "age of the oldest delivery that is not published; 0 if all are",
    "webhook_age_seconds": "time since the last webhook",
    "version_age_seconds": "time since the newest version was published",
    "quarantined": "deliveries in quarantine, undecided",
    "drift": "places with drift that nobody has acknowledged",
    "free_disk_bytes": "free bytes of the fullest disk of the home",
    "open_alerts": "problems that `status` shows",
    "watched_timestamp_seconds": "when this was measured, in seconds since 1970",
    **LATENCY,
}
WINDOW = timedelta(days=1)

_TIMES = (
    "epoch_us(landed_at) as landed, epoch_us(loaded_at) as loaded, epoch_us(coalesce(published_at, ?)) as published"
)
_DELIVERIES = f"select {_TIMES} from ops.latency where landed_at > ?"
_DIFFERENCES = ("published - landed", "loaded - landed", "published - loaded")
_QUANTILES = ", ".join(
    f"quantile_cont({difference}, {share}) / 1e6" for difference in _DIFFERENCES for share in SHARES.values()
)


def read_measures(settings: Settings, status: Status, *, open_alerts: int, now: datetime) -> dict[str, float]:
    """Name → number, as `MEASURES` describes them; what is not known is left out.

    Raises:
        FileLockedError: another program has the published file open for writing.
        LakeError: a manifest cannot be read.
    """
    measures: dict[str, float | None] = {
        "landed": status.landed,
        "pending": status.pending,
        "unpublished": status.unpublished,
        "oldest_unpublished_seconds": _age(status.oldest_waiting_at, now) if status.oldest_waiting_at else 0.0,
        "webhook_age_seconds": _age(status.last_webhook_at, now),
        "version_age_seconds": _age(status.published_at, now),
        "quarantined": sum(status.quarantine.values()),
        "drift": len(status.open_drift),
        "free_disk_bytes": min(status.free_disk.values(), default=None),
        "open_alerts": open_alerts,
        "watched_timestamp_seconds": now.timestamp(),
        **(_latency(settings, now=now) if status.is_readable else {}),
    }
    return {name: float(value) for name, value in measures.items() if value is not None}


def _latency(settings: Settings, *, now: datetime) -> dict[str, float | None]:
    """The quantiles of the deliveries of the last day; the newest version does not know when it was published."""
    path = present(settings.layout.warehouse_file)
    published_at = datetime.fromisoformat(versions(settings.layout)[-1].published_at)
    since = now - WINDOW
    with explain_lock(path), duckdb.connect(str(path), read_only=True) as connection:
        parameters = [time.astimezone(UTC).replace(tzinfo=None) for time in (published_at, since)]
        try:
            [row] = connection.execute(f"select {_QUANTILES} from ({_DELIVERIES})", parameters).fetchall()
        except (duckdb.BinderException, duckdb.CatalogException):
            return {}  # published by older code
    return dict(zip(LATENCY, row, strict=True))


def _age(time: datetime | str | None, now: datetime) -> float | None:
    if time is None:
        return None
    parsed = datetime.fromisoformat(time) if isinstance(time, str) else time
    return (now - parsed.replace(tzinfo=parsed.tzinfo or UTC)).total_seconds()
