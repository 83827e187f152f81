"""What the API is to be asked about quotes, told by the lake and by what was answered since."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from sighten_warehouse.load.query import open_models
from sighten_warehouse.payload.answers.dal_config import DalObject, metrics_table
from sighten_warehouse.settings import Settings

# A backfill brings thousands at once: webhooks of today are not to wait behind them.
_NEWEST_FIRST = "order by webhook_at desc nulls last, delivered_at desc"

STATUSES_SCHEMA = pa.schema([("status", pa.string())])


def due_quotes(settings: Settings, *, as_of: datetime) -> list[str]:
    """The original quotes of which to ask which quote is signed; those of which only REST told come last.

    Before that, those with the newest news come first.

    Raises:
        LakeError: commits contradict each other.
    """
    with _known(settings, "enrich.due_quotes", (), as_of=as_of) as connection:
        sql = f"select quote_id from enrich.due_quotes {_NEWEST_FIRST}, quote_id"
        return [quote_id for (quote_id,) in connection.execute(sql).fetchall()]


def due_metrics(settings: Settings, objects: Sequence[DalObject], *, as_of: datetime) -> list[tuple[str, str, str]]:
    """Signed quote, object and metric of all that is to be pulled, in that order, objects and metrics as configured.

    Raises:
        LakeError: commits contradict each other.
    """
    with _known(settings, "enrich.due_pulls", objects, as_of=as_of) as connection:
        sql = f"select quote_id, object, metric from enrich.due_pulls {_NEWEST_FIRST}, quote_id, position"
        return connection.execute(sql).fetchall()


@contextmanager
def _known(
    settings: Settings, model: str, objects: Sequence[DalObject], *, as_of: datetime
) -> Iterator[duckdb.DuckDBPyConnection]:
    statuses = pa.table({"status": list(settings.enrich_statuses)}, schema=STATUSES_SCHEMA)
    too_long_ago = as_of.replace(tzinfo=None) - timedelta(hours=settings.enrich_ttl_hours)
    with open_models(
        settings.layout,
        [model],
        inputs={"enrich_statuses": statuses, "dal_metrics": metrics_table(objects)},
        variables={"asked_too_long_ago": too_long_ago},
    ) as connection:
        yield connection
