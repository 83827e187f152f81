"""Builds the file that analysts open from the committed history: current state, history, marts and operations."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import structlog

from sighten_warehouse.guards.masking import PSEUDONYMS
from sighten_warehouse.lake.history import (
    COPIES,
    create_history,
    find_copies,
    history_files,
    select_history,
    stage_deliveries,
)
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import Model, built_models, loaded_models, models
from sighten_warehouse.payload.answers.dal_config import read_dal_metrics
from sighten_warehouse.publish.cache import write_cache
from sighten_warehouse.publish.checks import refuse_failures, run_checks, stage_new_history
from sighten_warehouse.publish.dal_views import create_dal_views
from sighten_warehouse.publish.empty_file import write_empty_file
from sighten_warehouse.publish.inputs import add_rows, register_inputs
from sighten_warehouse.publish.masks import create_masked_dal_views
from sighten_warehouse.publish.pseudonyms import new_pseudonyms
from sighten_warehouse.publish.shown_words import count_labels
from sighten_warehouse.publish.tables import attached_file, configure, creation, describe, sorted_by, transaction
from sighten_warehouse.publish.version import Version
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

IN_PARTS = "is_in_part("  # the macro in the `select` of a model whose rows can be computed part by part
ROWS_TO_HOLD = 10_000  # of history; with fewer, opening the lake's files for each model costs more than holding them
FILLED_LAST = ("ops.checks", PSEUDONYMS, COPIES)


def build_warehouse(  # noqa: PLR0913  (what a version is made from)
    folder: Path,
    *,
    settings: Settings,
    layout: Layout,
    commits: Sequence[Manifest],
    versions: Sequence[Version],
    with_cache: bool = True,
) -> dict[str, int]:
    """Write `warehouse.duckdb` into the folder, and the cache; return the number of rows of each table.

    `versions` ends with the one being built. The tables of `main`, `marts` and `ops` hold their rows; those of
    `history` are views of the lake's files, by absolute path, or of other tables. `masked` has views without personal
    data.

    Raises:
        ModelError: a model's columns differ from its description.
        CheckError: a check of severity `fail` has findings.
        SettingError: the home's list of codes or the file of metrics is ill-formed.
    """
    write_empty_file(folder / "warehouse.duckdb", work=layout.work)
    with attached_file(folder / "warehouse.duckdb") as connection:
        parts = configure(connection, settings, layout, commits)
        connection.execute("create schema staging")
        register_inputs(connection, layout=layout, commits=commits, versions=versions)
        with transaction(connection, "a new file"):
            stage_deliveries(connection, history_files(layout, "deliveries", commits))
            copied = find_copies(connection)
            is_held = sum(manifest.history_rows for manifest in commits) < ROWS_TO_HOLD
            (_hold_history if is_held else show_history)(connection, layout, commits, copied)
            counts = {}
            last_reader = {name: model for model in built_models() for name in model.inputs}
            for model in built_models():
                if model.is_intermediate:
                    _create_intermediate(connection, model, parts)
                elif not model.is_view and model.full_name not in FILLED_LAST:
                    counts[model.full_name] = fill(connection, model, model.select or "")
                for name in model.inputs:
                    if name.startswith("temp.") and last_reader[name] is model:
                        connection.execute(f"drop table {name}")
            create_all_dal_views(connection, settings)
            counts[PSEUDONYMS] = fill_pseudonyms(connection, settings, layout)
            new = unchecked(commits, versions)
            counts["ops.checks"] = _check(connection, layout, new, copied, counts)
            if is_held:
                show_history(connection, layout, commits, copied)
        if with_cache:
            write_cache(connection, layout)
        connection.execute("drop schema staging cascade")
    log.info("made_anew", parts=parts)
    return counts


def show_history(
    connection: duckdb.DuckDBPyConnection, layout: Layout, commits: Sequence[Manifest], copied: set[str]
) -> None:
    """Let the views of history read the lake's files."""
    for model in loaded_models():
        # Without files, the view of the empty file stays: it has no rows and is already described.
        if files := history_files(layout, model.name, commits):
            create_history(connection, model, select_history(model, files, copied=copied))
            describe(connection, model, "view")


def _hold_history(
    connection: duckdb.DuckDBPyConnection, layout: Layout, commits: Sequence[Manifest], copied: set[str]
) -> None:
    """Let the views of history read its rows from memory, until `show_history`."""
    for model in loaded_models():
        if files := history_files(layout, model.name, commits):
            held = f"held_{model.name}"
            connection.execute(f"create temp table {held} as {select_history(model, files, copied=copied)}")
            create_history(connection, model, f"select * from temp.{held}")


def create_all_dal_views(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Create the wide views of DAL values, and those of them without personal data."""
    views = create_dal_views(connection, read_dal_metrics(settings))
    for view in (*views, *create_masked_dal_views(connection, views)):
        describe(connection, view, "view")


def _create_intermediate(connection: duckdb.DuckDBPyConnection, model: Model, parts: int) -> None:
    """Create and fill the table, part by part if it can be, so that memory does not grow with the home."""
    if IN_PARTS not in (model.select or ""):
        connection.execute(f"{creation(model, 'table')} as {model.select}")
        return
    # Typed, since one made from a first part without rows would lose what the same transaction inserts.
    columns = connection.execute(f"describe {model.select}").fetchall()
    typed = ", ".join(f'"{name}" {kind}' for name, kind, *_ in columns)
    connection.execute(f"{creation(model, 'table')} ({typed})")
    connection.execute("set variable parts = ?", [parts])
    for part in range(parts):
        connection.execute("set variable part = ?", [part])
        connection.execute(f"insert into {model.full_name} by name {model.select}")


def fill(connection: duckdb.DuckDBPyConnection, model: Model, select: str) -> int:
    """Insert the rows into the model's table; return how many."""
    columns = ", ".join(sorted_by(model))
    rows = f"from ({select}) order by {columns}" if columns else select
    row = connection.execute(f"insert into {model.full_name} by name {rows}").fetchone()
    return int(row[0]) if row else 0


def fill_pseudonyms(connection: duckdb.DuckDBPyConnection, settings: Settings, layout: Layout) -> int:
    """Fill the pseudonyms of all values that have one, which the masked views read."""
    count_labels(connection, layout=layout)
    found = new_pseudonyms(connection, settings=settings, layout=layout, known=PSEUDONYMS)
    add_rows(connection, "staging.pseudonyms", found)
    return fill(connection, models()[PSEUDONYMS], models()[PSEUDONYMS].select or "")


def unchecked(commits: Sequence[Manifest], versions: Sequence[Version]) -> list[Manifest]:
    """The batches whose history no earlier version held; all batches after a rebuild of the lake."""
    *_, previous, current = (None, *versions)
    same_lake = previous is not None and previous.lake == current.lake
    return [manifest for manifest in commits if not same_lake or manifest.batch_id in current.new_batches]


def _check(
    connection: duckdb.DuckDBPyConnection,
    layout: Layout,
    new: Sequence[Manifest],
    copied: set[str],
    counts: Mapping[str, int],
) -> int:
    """Run every check and store the findings; of history, only new rows are checked."""
    new_history = [model for model in loaded_models() if history_files(layout, model.name, new)]
    for model in new_history:
        stage_new_history(
            connection, model, select_history(model, history_files(layout, model.name, new), copied=copied)
        )
    empty = {name for name, rows in counts.items() if not rows}
    run_checks(connection, new_history=new_history, empty=empty)
    checked = fill(connection, models()["ops.checks"], models()["ops.checks"].select or "")
    refuse_failures(connection)
    return checked
