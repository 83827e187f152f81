"""When an update is refused: new deliveries change more than what they touch, or touch most of the home."""

from collections.abc import Sequence

import duckdb

from sighten_warehouse.lake.loads import all_load_ids
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import models
from sighten_warehouse.publish.version import Version

FEW = 2_000  # touched deliveries
MOST_TOUCHED = 0.3  # of all deliveries; above this share, making all anew is faster


class NotLocalError(Exception):
    """The new deliveries change more than what they touch, so that everything has to be recomputed."""


def refuse_merged(layout: Layout, merged: Sequence[Manifest], current: Version) -> None:
    """Refuse new deliveries whose files also hold others."""
    if not set(all_load_ids(layout, merged)).isdisjoint(current.new_batches):
        raise NotLocalError("new deliveries were merged with others")


def refuse_copies(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a landing file that was copied: its lines are known by the landing_ids of another batch."""
    repeated = "select count(*) - count(distinct landing_id) from history.deliveries"
    known = "select count(*) from history.deliveries semi join cache.deliveries using (landing_id)"
    if number(connection, repeated) or number(connection, known):
        raise NotLocalError("landing files were copied")


def refuse_many(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse to update if making all anew is faster; for few deliveries use one thread, which is cheaper."""
    touched = number(connection, "select count(*) from touched.landing_ids")
    if touched <= FEW:
        connection.execute("set threads = 1")
    elif touched > MOST_TOUCHED * number(connection, "select count(*) from cache.deliveries"):
        raise NotLocalError("most deliveries are touched")


def refuse_changes_elsewhere(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse what changes the rows of deliveries that are not touched."""
    reasons = connection.execute(models()["touched.elsewhere"].select or "").fetchall()
    if reasons:
        raise NotLocalError(", ".join(reason for (reason,) in reasons))


def number(connection: duckdb.DuckDBPyConnection, select: str) -> int:
    """The one number that the statement returns."""
    return int(connection.execute(select).fetchall()[0][0])
