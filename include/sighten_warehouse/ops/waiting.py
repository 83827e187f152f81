"""Which landed deliveries are not published yet, and since when the oldest of them waits."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import PurePath
from uuid import UUID

from sighten_warehouse.lake.loads import Load, load_ids, read_loads
from sighten_warehouse.lake.manifest import Manifest
from sighten_warehouse.layout import Layout

UUID7 = 7


def unpublished_loads(layout: Layout, manifest: Manifest, published: Collection[str]) -> Iterator[Load]:
    """The loads of the commit that no version holds."""
    if not all(batch_id in published for batch_id in load_ids(layout, manifest)):
        yield from (load for load in read_loads(layout, manifest) if load.batch_id not in published)


def oldest_waiting(layout: Layout, names: Iterable[str], loads: Iterable[Load]) -> datetime | None:
    """When the oldest delivery of those landing files and loads landed, UTC; None if there is none."""
    times = [landed_at(layout, name) for name in names]
    # A landing file may have been merged since, and is then younger than the load.
    times += [datetime.fromisoformat(load.committed_at) for load in loads if load.committed_at]
    return min(times, default=None)


def landed_at(layout: Layout, name: str) -> datetime:
    """When the landing file was written: from the UUIDv7 in its name, or else from the file."""
    try:
        identifier = UUID(PurePath(name).name.partition(".")[0])
    except ValueError:
        identifier = None
    if identifier is not None and identifier.version == UUID7:
        return datetime.fromtimestamp((identifier.int >> 80) / 1000, UTC)
    return datetime.fromtimestamp((layout.landing / name).stat().st_mtime, UTC)
