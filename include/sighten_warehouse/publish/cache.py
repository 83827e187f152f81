"""The cache of publish: what it keeps to recompute only what is new. It is remade when it may not fit."""

import json
from pathlib import Path
from typing import Any

import duckdb

from sighten_warehouse.durable import ensure_folder, remove, write_durably
from sighten_warehouse.escaping import quoted
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import in_order, models
from sighten_warehouse.publish.shown_words import LABELS
from sighten_warehouse.publish.tables import transaction
from sighten_warehouse.publish.version import Version
from sighten_warehouse.settings import Settings

# Small tables of history that are looked up by other ids than that of the delivery.
COPIED = ("decisions", "downloads", "drift", "milestone_listings", "quotes", "site_pulls", "snapshots")
KEPT = ("sent_statuses", "found")  # tables of `staging` that the next update starts from


def cache_file(layout: Layout) -> Path:
    """The cache: a DuckDB file that nobody else opens."""
    return layout.work / "cache.duckdb"


def _stamp_file(layout: Layout) -> Path:
    return layout.work / "cache.json"


def fits(settings: Settings, layout: Layout, version: Version) -> bool:
    """Whether the cache was written with that version, under these settings, and no file has changed since."""
    try:
        stamped = json.loads(_stamp_file(layout).read_bytes())
        return bool(stamped == _stamp(settings, layout, version))
    except (OSError, ValueError):
        return False


def forget(layout: Layout) -> None:
    """From now on the cache fits no version; call it before the cache is changed."""
    remove(_stamp_file(layout))


def stamp(settings: Settings, layout: Layout, version: Version) -> None:
    """Record that the cache fits that version, which was published with it."""
    content = json.dumps(_stamp(settings, layout, version), indent=1)
    write_durably(_stamp_file(layout), content.encode())


def _stamp(settings: Settings, layout: Layout, version: Version) -> dict[str, Any]:
    files = (cache_file(layout), layout.versions / f"{version.version}.duckdb", layout.pseudonym_key)
    return {
        "version": version.version,
        "code_version": version.code_version,
        "codes": version.codes,
        "dal_metrics": version.dal_metrics,
        "lake": version.lake,
        "home": str(layout.root),
        "api_url": settings.api_url,
        "duckdb": duckdb.__version__,
        "files": {path.name: [path.stat().st_size, path.stat().st_mtime_ns] for path in files},
    }


def attach_cache(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Attach the cache, whose tables the models then read as `cache.…`."""
    ensure_folder(layout.work)
    connection.execute(f"attach '{quoted(cache_file(layout))}' as cache")


def write_cache(connection: duckdb.DuckDBPyConnection, layout: Layout) -> None:
    """Write the cache anew from all history, which the connection has published."""
    remove(cache_file(layout))
    attach_cache(connection, layout)
    with transaction(connection, "the cache"):
        for name in COPIED:
            connection.execute(f"create table cache.{name} as from history.{name}")
        for model in in_order(model for model in models().values() if model.schema == "cache"):
            # Sorted by its key, the first column, so that an update reads only the rows that it needs.
            connection.execute(f"create table {model.full_name} as from ({model.select}) order by 1")
        for name in KEPT:
            connection.execute(f"create table cache.{name} as from staging.{name}")
        connection.execute(f"create table cache.labels as from {LABELS} order by label")
    connection.execute("detach cache")


def add_new(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the deliveries of `history`, which are all new."""
    with transaction(connection, "the cache"):
        for name in COPIED:
            connection.execute(f"insert into cache.{name} by name from history.{name}")
        for name in ("deliveries", "dal_answers"):
            connection.execute(f"insert into cache.{name} by name {models()[f'cache.{name}'].select}")
        _add_links(connection)


def _add_links(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(f"create temp table delivered as {models()['cache.links'].select}")
    connection.execute("create temp table before_links as from cache.links semi join delivered using (entity)")
    connection.execute("create temp table added as from delivered anti join before_links using (entity, key)")
    connection.execute("insert into cache.links by name from added")
    now = "(from before_links union all by name from added)"
    several = f"select entity from {now} group by entity having count(*) > 1"
    shared = f"from {now} where entity in ({several})"
    connection.execute(f"insert into cache.shared by name from ({shared}) anti join cache.shared using (entity, key)")


def keep_recomputed(connection: duckdb.DuckDBPyConnection) -> None:
    """Take over what the update found: who decides about users, who has labels, statuses sent, findings of checks."""
    with transaction(connection, "the cache"):
        connection.execute("delete from cache.mentions where user_id in (from touched.users)")
        connection.execute(f"insert into cache.mentions by name {models()['cache.mentions'].select}")
        for name in KEPT:
            connection.execute(f"delete from cache.{name}")
            connection.execute(f"insert into cache.{name} by name from staging.{name}")
        connection.execute(f"delete from cache.labels where label in (select label from {LABELS})")
        connection.execute(f"insert into cache.labels by name from {LABELS} where milestones > 0")
