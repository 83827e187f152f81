"""Finds the quotes and metrics that are due for a call to the API."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.payload.answers.dal_config import DalObject
from sighten_warehouse.querying import open_models, select_from_loads
from sighten_warehouse.settings import Settings

# A backfill brings thousands of quotes at once; those of today's webhooks must not wait for them.
_NEWEST_FIRST = "order by webhook_at desc nulls last, delivered_at desc"

STATUSES_SCHEMA = pa.schema([("status", pa.string())])
METRICS_SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("object", "dal_object", "metric", "baseline")] + [("position", pa.int64())]
)


def due_quotes(settings: Settings, *, as_of: datetime) -> list[str]:
    """Return the original quotes whose signed quote is due to be asked for.

    The quotes of the newest webhooks come first, those known only from REST last.

    Raises:
        LakeError: commits contradict each other.
    """
    with _open_models(settings, "enrich.due_quotes", (), as_of=as_of) as connection:
        sql = f"select quote_id from enrich.due_quotes {_NEWEST_FIRST}, quote_id"
        return [quote_id for (quote_id,) in connection.execute(sql).fetchall()]


def new_quotes(settings: Settings, loads: Sequence[Manifest]) -> list[str]:
    """Return the quotes that these loads bring and no published delivery names, those of the newest webhooks first.

    There are none if only milestones of some statuses are enriched: the status of one is known once it is published.
    """
    if settings.enrich_statuses:
        return []
    rows = select_from_loads(settings.layout, "enrich.new_quotes", loads)
    return [quote_id for quote_id, _ in sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)]


def due_metrics(settings: Settings, objects: Sequence[DalObject], *, as_of: datetime) -> list[tuple[str, str, str]]:
    """Return the due pulls as (signed quote, object, metric), ordered like `due_quotes` and then as configured.

    Raises:
        LakeError: commits contradict each other.
    """
    with _open_models(settings, "enrich.due_pulls", objects, as_of=as_of) as connection:
        sql = f"select quote_id, object, metric from enrich.due_pulls {_NEWEST_FIRST}, quote_id, position"
        return connection.execute(sql).fetchall()


@contextmanager
def _open_models(
    settings: Settings, model: str, objects: Sequence[DalObject], *, as_of: datetime
) -> Iterator[duckdb.DuckDBPyConnection]:
    statuses = pa.table({"status": list(settings.enrich_statuses)}, schema=STATUSES_SCHEMA)
    oldest_fresh = as_of.replace(tzinfo=None) - timedelta(hours=settings.enrich_ttl_hours)
    with open_models(
        settings.layout,
        [model],
        inputs={"enrich_statuses": statuses, "dal_metrics": _metrics_table(objects)},
        variables={"asked_too_long_ago": oldest_fresh},
    ) as connection:
        yield connection


def _metrics_table(objects: Sequence[DalObject]) -> pa.Table:
    """Return the rows of `staging.dal_metrics`, in the order of the file."""
    metrics = [(dal_object, metric) for dal_object in objects for metric in dal_object.metrics]
    rows = [
        {
            "object": dal_object.name,
            "dal_object": dal_object.dal_object,
            "metric": metric.name,
            "baseline": metric.baseline,
            "position": position,
        }
        for position, (dal_object, metric) in enumerate(metrics, 1)
    ]
    return pa.Table.from_pylist(rows, schema=METRICS_SCHEMA)
