"""Updates a copy of the newest version: what new deliveries touch is recomputed, by the same models, and replaced."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from sighten_warehouse.escaping import quoted
from sighten_warehouse.guards.masking import PSEUDONYMS
from sighten_warehouse.lake.history import COPIES, DELIVERIES, create_history, history_files, select_history
from sighten_warehouse.lake.lineage import merged_since
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import ADDED, ALL, Model, built_models, loaded_models, macros, models
from sighten_warehouse.payload.answers.dal_config import read_dal_metrics
from sighten_warehouse.publish.build import FILLED_LAST
from sighten_warehouse.publish.cache import add_new, attach_cache, keep_recomputed
from sighten_warehouse.publish.checks import checks, refuse_failures, run_checks
from sighten_warehouse.publish.dal_views import create_dal_views
from sighten_warehouse.publish.inputs import register_inputs
from sighten_warehouse.publish.masks import create_masked_dal_views
from sighten_warehouse.publish.pseudonyms import update_pseudonyms
from sighten_warehouse.publish.refusals import (
    number,
    refuse_changes_elsewhere,
    refuse_copies,
    refuse_many,
    refuse_merged,
)
from sighten_warehouse.publish.shown_words import recount_labels
from sighten_warehouse.publish.tables import GROUP_ROWS, configure, creation, describe, sorted_by, transaction
from sighten_warehouse.publish.touched import TouchedHistory, find_touched, of_touched_milestones, show_new_history
from sighten_warehouse.publish.version import Version
from sighten_warehouse.settings import Settings

BEFORE = (
    "main.milestones",
    "main.organizations",
    "main.quotes",
    "marts.milestone_events",
    "marts.people",
    "ops.reconciled",
    "ops.snapshots",
)
WITH_PLACES = ("ops.deliveries", "ops.quarantine")


def update_warehouse(
    path: Path, *, settings: Settings, layout: Layout, commits: Sequence[Manifest], versions: Sequence[Version]
) -> dict[str, int]:
    """Update the file, a copy of the version before the last of `versions`; return the number of rows of each table.

    Raises:
        NotLocalError: everything has to be recomputed; the file and the cache are of no use any more.
        CheckError: a check of severity `fail` has findings.
    """
    *_, before, current = versions
    new = [manifest for manifest in commits if manifest.batch_id in current.new_batches]
    merged = _merged_since(layout, before, commits)
    refuse_merged(layout, merged, current)
    with _engine(path, layout) as connection:
        configure(connection, settings, layout, commits)
        register_inputs(connection, layout=layout, commits=new, versions=versions)
        show_new_history(connection, layout, new)
        refuse_copies(connection)
        add_new(connection)
        find_touched(connection)
        refuse_many(connection)
        copied = {batch for (batch,) in connection.execute(f"select distinct batch_id from {COPIES}").fetchall()}
        earlier = [manifest for manifest in commits if manifest.batch_id not in current.new_batches]
        TouchedHistory(connection, layout, earlier, copied).show()
        empty = _compute(connection)
        refuse_changes_elsewhere(connection)
        _check(connection, layout, new, empty)
        _move_places(connection, layout, merged)
        near = of_touched_milestones(connection)
        recount_labels(connection, layout=layout, near=near)
        with transaction(connection, "an update"):
            counts = _replace(connection, dict(before.tables), empty, near)
            table = f"warehouse.{PSEUDONYMS}"
            counts[PSEUDONYMS] += update_pseudonyms(connection, settings=settings, layout=layout, table=table)
            refiled = new if before.lake == current.lake else commits
            _show_history(connection, layout, commits, refiled, copied)
            if any(manifest.history_files.get("dal_values") for manifest in new):
                _replace_dal_views(connection, settings)
        keep_recomputed(connection)
    return counts


@contextmanager
def _engine(path: Path, layout: Layout) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine with the version as `warehouse`, the cache as `cache`, and schemas for what is recomputed."""
    with duckdb.connect() as connection:
        # For few rows this costs more than the rest of the checkpoint; the nightly full publish packs them so.
        connection.execute("set disabled_compression_methods = 'fsst'")
        connection.execute(f"attach '{quoted(path)}' as warehouse (row_group_size {GROUP_ROWS})")
        attach_cache(connection, layout)
        connection.execute(macros("duckdb"))
        for schema in ("staging", "history", "marts", "ops", "touched", "before"):
            connection.execute(f"create schema {schema}")
        for name in BEFORE:
            connection.execute(f"create view before.{name.partition('.')[2]} as from warehouse.{name}")
        connection.execute(f"create view {COPIES} as from warehouse.{COPIES}")
        yield connection
        connection.execute("detach warehouse; detach cache")


def _merged_since(layout: Layout, before: Version, commits: Sequence[Manifest]) -> list[Manifest]:
    """The commits that compactions merged since the version before."""
    merged = merged_since(layout, before.lake) or set()
    return [manifest for manifest in commits if manifest.batch_id in merged]


def _move_places(connection: duckdb.DuckDBPyConnection, layout: Layout, merged: Sequence[Manifest]) -> None:
    """Let deliveries name the landing files that their lines were merged into."""
    if not merged:
        return
    rows = select_history(models()[DELIVERIES], history_files(layout, "deliveries", merged))
    connection.execute(f"create table touched.places as select landing_id, landing_file, line_number from ({rows})")
    for table in WITH_PLACES:
        place = "landing_file = places.landing_file, line_number = places.line_number"
        same = f"{table.rpartition('.')[2]}.landing_id = places.landing_id"
        connection.execute(f"update warehouse.{table} set {place} from touched.places as places where {same}")


def _compute(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Compute the models of what is touched; return the tables that have no rows."""
    empty = set()
    read = {name for model in built_models() if not model.is_view for name in model.inputs}
    read |= {name for model in built_models() if model.is_view and model.full_name in read for name in model.inputs}
    read |= {name for check in checks() for name in check.inputs}
    for model in built_models():
        if model.full_name in FILLED_LAST or (model.is_view and model.full_name not in read):
            continue
        # A view too: for so few rows, reading it again costs more than keeping them.
        rows = connection.execute(f"{creation(model, 'table')} as {_select(model)}").fetchall()
        if model.full_name == "ops.snapshots":
            _add_mentioning_snapshots(connection)
        elif rows == [(0,)]:
            empty.add(model.full_name)
    return empty


def _select(model: Model) -> str:
    if model.full_name != "staging.sent_statuses":
        return model.select or ""
    both = f"({model.select}) union all by name from cache.sent_statuses"
    return f"select status, min(first_watermark_at) as first_watermark_at from ({both}) group by status"


def _add_mentioning_snapshots(connection: duckdb.DuckDBPyConnection) -> None:
    """Add the snapshots that decide about users and organizations; nothing new is known of them."""
    ids = "select landing_id from touched.mentions union select landing_id from touched.organization_mentions"
    others = f"(({ids}) except select landing_id from touched.roots)"
    table = "warehouse.ops.snapshots"
    # By rowid, so that of other rows only the ids are read.
    rows = f"rowid in (select rowid from {table} where landing_id in {others})"
    connection.execute(f"insert into ops.snapshots by name from {table} where {rows}")


def _check(
    connection: duckdb.DuckDBPyConnection, layout: Layout, new: Sequence[Manifest], empty: Collection[str]
) -> None:
    """Run the checks on what was recomputed; other findings are as they were.

    Raises:
        CheckError: a check of severity `fail` has findings.
    """
    new_history = [model for model in loaded_models() if history_files(layout, model.name, new)]
    for name in ("ops.checks", PSEUDONYMS):  # filled after the checks
        connection.execute(f"create table {name} as from warehouse.{name} limit 0")
    run_checks(connection, new_history=new_history, empty=empty)
    # One without an id cannot be known to be touched: the nightly run counts it anew.
    touched = "(from touched.ids where id is not null)"  # with NULL among them, nothing is `not in`
    connection.execute(f"delete from staging.found where id is null or (column_name, id) not in {touched}")
    others = "from cache.found anti join touched.ids using (column_name, id)"
    connection.execute(f"insert into staging.found by name {others}")
    connection.execute(f"insert into ops.checks by name {models()['ops.checks'].select}")
    refuse_failures(connection)


def _replace(
    connection: duckdb.DuckDBPyConnection, counts: dict[str, int], empty: Collection[str], near: str
) -> dict[str, int]:
    """Replace the recomputed rows of every table; return the new numbers of rows."""
    for model in built_models():
        if not model.is_updated or model.replaced_by == (ADDED,):
            continue
        ids = "{0} in (select id from touched.ids where column_name = '{0}')"
        condition = "true" if model.replaced_by == (ALL,) else " or ".join(map(ids.format, model.replaced_by))
        name, table = model.full_name, f"warehouse.{model.full_name}"
        if counts[name]:
            there = near if "milestone_id" in sorted_by(model) else "true"
            counts[name] -= number(connection, f"delete from {table} where {there} and ({condition})")
        if name not in empty:
            counts[name] += number(connection, f"insert into {table} by name from {name} where {condition}")
    return counts


def _show_history(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    commits: Sequence[Manifest],
    refiled: Sequence[Manifest],
    copied: set[str],
) -> None:
    """Let the views of history read the files of all batches; `refiled`: those that no view reads from there yet."""
    connection.execute("use warehouse")
    for model in loaded_models():
        if history_files(layout, model.name, refiled):
            files = history_files(layout, model.name, commits)
            create_history(connection, model, select_history(model, files, copied=copied))
            describe(connection, model, "view")
    connection.execute("use memory")


def _replace_dal_views(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create the wide views of DAL values anew: the types of their columns follow from all values."""
    connection.execute("use warehouse")
    views = create_dal_views(connection, read_dal_metrics(settings))
    for view in (*views, *create_masked_dal_views(connection, views)):
        describe(connection, view, "view")
    connection.execute("use memory")
