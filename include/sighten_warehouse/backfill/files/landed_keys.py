"""The keys of the deliveries in landing, looked up one by one in bounded memory."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from types import TracebackType

import pyarrow.parquet as pq

from sighten_warehouse.backfill.files.identity import key
from sighten_warehouse.lake.loaded import landed_and_loaded
from sighten_warehouse.lake.manifest import history_file
from sighten_warehouse.landing.files import read_raw_lines
from sighten_warehouse.landing.line import parse_landing_line
from sighten_warehouse.layout import Layout
from sighten_warehouse.remotes import present

_CACHE_KIB = 64 * 1024


class LandedKeys(AbstractContextManager["LandedKeys"]):
    """The keys of all deliveries in landing and of added ones, kept on disk until closed."""

    def __init__(self, layout: Layout) -> None:
        self._database = sqlite3.connect("", isolation_level=None)
        for statement in (
            f"pragma cache_size = -{_CACHE_KIB}",
            "pragma journal_mode = off",
            "pragma synchronous = off",
            "create table known (key blob primary key) without rowid",
            "create table within (body blob primary key, times integer not null) without rowid",
            "begin",
        ):
            self._database.execute(statement)
        self._database.executemany(
            "insert or ignore into known values (?)", ((found,) for found in landed_keys(layout))
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Drop the keys."""
        self._database.close()

    def add(self, landed_key: bytes) -> bool:
        """Add the key; return whether it was new."""
        return self._database.execute("insert or ignore into known values (?)", (landed_key,)).rowcount > 0

    def begin_file(self) -> None:
        """Start a file, in which `times_before` counts from zero."""
        self._database.execute("delete from within")

    def times_before(self, body_digest: bytes) -> int:
        """The number of earlier calls with that body in this file; call it once for each body."""
        upsert = "insert into within values (?, 0) on conflict do update set times = times + 1 returning times"
        return int(self._database.execute(upsert, (body_digest,)).fetchone()[0])


def landed_keys(layout: Layout) -> Iterator[bytes]:
    """The keys of all deliveries in landing: from history if loaded, else from their lines."""
    moment = landed_and_loaded(layout)
    layout = moment.layout
    loaded: set[str] = set()
    for manifest in moment.commits:
        deliveries = present(history_file(layout, "deliveries", manifest.batch_id))
        if deliveries.exists():
            loaded.update(manifest.landing_files)
            yield from _keys(pq.read_table(deliveries, columns=["landing_id", "source"], partitioning=None).to_pylist())
    for name in moment.landing_files:
        if name not in loaded:
            yield from _keys(_ids(read_raw_lines(layout.landing / name)))


def _keys(deliveries: Iterable[dict[str, str]]) -> Iterator[bytes]:
    return (key(delivery["landing_id"], source=delivery["source"]) for delivery in deliveries)


def _ids(lines: Iterable[bytes]) -> Iterator[dict[str, str]]:
    for raw in lines:
        try:
            line = parse_landing_line(raw)
        except ValueError:  # a damaged line; the loader sets it aside
            continue
        yield {"landing_id": line.landing_id, "source": line.source}
