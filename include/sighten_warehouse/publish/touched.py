"""What new deliveries touch: everything that ever shared a part with it, and the rows of history that this takes."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from sighten_warehouse.escaping import quoted
from sighten_warehouse.lake.history import create_history, history_files, select_history
from sighten_warehouse.lake.loads import load_ids
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.models import Model, built_models, loaded_models, models
from sighten_warehouse.publish.checks import name_of_new

# Tables of history that are read from the cache: table → the touched ids, and the column that holds them.
FROM_CACHE = {
    "snapshots": ("roots", "landing_id"),
    "quotes": ("quotes", "quote_id"),
    "downloads": ("documents", "document_id"),
    "milestone_listings": ("milestones", "milestone_id"),
    "site_pulls": ("milestones", "milestone_id"),
    "drift": ("paths", "path"),
}
# Tables of history whose rows have the milestone_id of their snapshot.
OF_SNAPSHOTS = (
    "comments",
    "documents",
    "envelopes",
    "milestones",
    "organizations",
    "signers",
    "sub_tasks",
    "tasks",
    "users",
)
FEW = 50  # touched milestones; those of more are in almost every group of rows
FEW_NEW = 2_000  # deliveries, whose rows are read once and kept in memory
MENTIONED = {"users": ("mentions", "user_id"), "organizations": ("organization_mentions", "organization_id")}


def show_new_history(connection: duckdb.DuckDBPyConnection, layout: Layout, new: Sequence[Manifest]) -> None:
    """Let `history` be the rows of new batches, which stay in `staging.new_…`."""
    kind = "table" if sum(manifest.landed for manifest in new) <= FEW_NEW else "view"
    for model in loaded_models():
        rows = select_history(model, history_files(layout, model.name, new))
        connection.execute(f"create {kind} {name_of_new(model)} as {rows}")
    for model in _read_models():
        create_history(connection, model, f"select * from {name_of_new(model)}")


def find_touched(connection: duckdb.DuckDBPyConnection) -> None:
    """Find the keys and deliveries that the new ones touch; `history` shows the new ones, which the cache holds."""
    for name in ("first_keys", "first_landing_ids", "changed_people", "keys"):
        _create(connection, name)
    linked = f"insert into touched.keys {models()['touched.linked_keys'].select}"
    while connection.execute(linked).fetchall()[0][0]:
        pass
    for name in ("landing_ids", "milestones", "quotes", "roots", "dal_answers"):
        _create(connection, name)


@dataclass(frozen=True)
class TouchedHistory:
    """Shows the rows of history of the touched deliveries.

    `earlier`: the commits of which `staging.new_…` has no rows. `copied`: the batches that contain copied lines.
    """

    connection: duckdb.DuckDBPyConnection
    layout: Layout
    earlier: Sequence[Manifest]
    copied: set[str]

    def show(self) -> None:
        """Let `history` be the rows of the touched deliveries and, of some tables, what else belongs to them."""
        batches = {ids: self._batches(ids) for ids in ("landing_ids", "dal_answers")}
        of_milestones = of_touched_milestones(self.connection)
        for model in _read_models():
            self.connection.execute(f"drop view {model.full_name}")
            if model.name not in (*FROM_CACHE, "decisions"):
                ids = "dal_answers" if model.name == "dal_values" else "landing_ids"
                condition = of_milestones if model.name in OF_SNAPSHOTS else "true"
                rows = self._rows(model, ids, batches[ids], condition)
                self.connection.execute(f"create table {model.full_name} as {rows}")
        self.connection.execute("create view history.decisions as from cache.decisions")
        for name in ("documents", "paths", "users"):
            _create(self.connection, name)
        self._add_mentions("users")
        _create(self.connection, "organizations")
        self._add_mentions("organizations")
        for name, (ids, column) in FROM_CACHE.items():
            # By rowid, so that of other rows only the ids are read.
            rows = f"rowid in (select rowid from cache.{name} semi join touched.{ids} using ({column}))"
            self.connection.execute(f"create table history.{name} as from cache.{name} where {rows}")
        _create(self.connection, "ids")

    def _rows(self, model: Model, ids: str, batches: Sequence[Manifest], condition: str = "true") -> str:
        """A `select` of the table's rows of those touched deliveries: new ones, and from the files of the batches."""
        rows = f"from {name_of_new(model)}"
        if files := history_files(self.layout, model.name, batches):
            rows += f" union all by name {select_history(model, files, copied=self.copied)}"
        return f"from ({rows}) where landing_id in (select landing_id from touched.{ids}) and {condition}"

    def _batches(self, ids: str) -> list[Manifest]:
        """The earlier commits of those touched deliveries."""
        rows = self.connection.execute(f"select distinct batch_id from touched.{ids}").fetchall()
        found = {batch for (batch,) in rows}
        return [manifest for manifest in self.earlier if not found.isdisjoint(load_ids(self.layout, manifest))]

    def _add_mentions(self, table: str) -> None:
        """Add the rows of users or organizations in the further snapshots that decide about touched ones."""
        ids, column = MENTIONED[table]
        _create(self.connection, ids)
        rows = self._rows(models()[f"history.{table}"], ids, self._batches(ids), f"{column} in (from touched.{table})")
        self.connection.execute(f"insert into history.{table} by name {rows}")


def of_touched_milestones(connection: duckdb.DuckDBPyConnection) -> str:
    """A condition that the rows of touched deliveries meet; groups of rows of other milestones need not be read."""
    found = connection.execute("select milestone_id from touched.milestones limit ?", [FEW + 1]).fetchall()
    listed = ", ".join(f"'{quoted(milestone)}'" for (milestone,) in found if milestone is not None)
    return f"(milestone_id is null or milestone_id in ({listed}))" if listed and len(found) <= FEW else "true"


def _read_models() -> list[Model]:
    """The tables of history that the published models read."""
    inputs = {name for model in built_models() for name in model.inputs}
    return [model for model in loaded_models() if model.full_name in inputs]


def _create(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    connection.execute(f"create table touched.{name} as {models()[f'touched.{name}'].select}")
