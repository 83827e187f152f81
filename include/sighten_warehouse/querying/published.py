"""Which models need not be computed, since the newest published version has their tables."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from sighten_warehouse.escaping import quoted
from sighten_warehouse.lake.lineage import merged_since
from sighten_warehouse.lake.loads import all_load_ids
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.batch import schemas
from sighten_warehouse.models import Model, models
from sighten_warehouse.payload.codes import codes_digest
from sighten_warehouse.publish.version import Version
from sighten_warehouse.publish.versions import code_version, versions

CATALOG = "published"


@dataclass(frozen=True)
class PublishedTables:
    """The tables of a version, and the tables of `history` and `staging` that have rows which it does not hold."""

    version: Version | None
    changed: Collection[str] = ()

    def attach(self, connection: duckdb.DuckDBPyConnection) -> "PublishedTables":
        """Open the version's file as `CATALOG`; without it, as when newer versions replaced it, no table is known."""
        if self.version is None or not Path(self.version.path).is_file():
            return PublishedTables(None)
        try:
            connection.execute(f"attach '{quoted(self.version.path)}' as {CATALOG} (read_only)")
        except duckdb.IOException:
            return PublishedTables(None)
        return self

    def has(self, model: Model) -> bool:
        """Whether the version's table has the rows that computing the model would give."""
        if self.version is None or model.full_name not in self.version.tables or model.is_loaded or model.is_view:
            return False
        return all(root not in self.changed and root in _known_roots() for root in _roots(model.full_name))


def published_tables(
    layout: Layout, known: Sequence[Version], commits: Sequence[Manifest], *, pending: Iterable[str]
) -> PublishedTables:
    """Compare the newest of the `known` versions with those commits and the tables of `staging` with pending rows.

    The versions have to be read before the commits, so that these hold all that the version holds.
    """
    if not known or not _fits(layout, known[-1]):
        return PublishedTables(None)
    changed = {f"history.{table}" for table in _unpublished_tables(layout, known, commits)}
    return PublishedTables(known[-1], changed | {f"staging.{table}" for table in pending})


def newest_published(layout: Layout) -> PublishedTables:
    """The newest version, if this code made it from the lake in use; whatever it lacks is not known."""
    known = versions(layout)
    return PublishedTables(known[-1] if known and _fits(layout, known[-1]) else None)


def awaits_publish(layout: Layout, commits: Sequence[Manifest]) -> bool:
    """Whether the next version will hold deliveries that the newest lacks, so that asking about them is cheap then."""
    known = versions(layout)
    return bool(known) and _fits(layout, known[-1]) and "snapshots" in _unpublished_tables(layout, known, commits)


def _fits(layout: Layout, version: Version) -> bool:
    """Whether this code made the version from the lake in use, which may have been compacted since."""
    same_code = version.code_version == code_version() and version.codes == codes_digest(layout)
    return same_code and merged_since(layout, version.lake) is not None


def _unpublished_tables(layout: Layout, known: Sequence[Version], commits: Sequence[Manifest]) -> set[str]:
    published = {batch for version in known for batch in version.new_batches}
    new = (manifest for manifest in commits if not published.issuperset(all_load_ids(layout, [manifest])))
    return {table for manifest in new for table, rows in manifest.history_files.items() if rows}


@cache
def _roots(name: str) -> frozenset[str]:
    """The tables of `history` and `staging` that decide about the rows of the model."""
    model = models().get(name)
    if model is None:
        return frozenset({name})
    own = {name} if model.is_loaded else set()
    return frozenset(own.union(*map(_roots, model.inputs)))


@cache
def _known_roots() -> frozenset[str]:
    loaded = {model.full_name for model in models().values() if model.is_loaded}
    return frozenset(loaded | {f"staging.{table}" for table in schemas()})
