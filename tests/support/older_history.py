"""History as older code wrote it, without digests in its commits; also for what only a faulty loader would write."""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from sighten_warehouse.lake import manifest as manifests
from sighten_warehouse.lake.manifest import commit_files, history_file, read_manifest, write_manifest
from sighten_warehouse.layout import Layout
from support.warehouses import Warehouse


def write_as_older_code(warehouse: Warehouse, batch: str, table: str, change: Callable[[pa.Table], pa.Table]) -> None:
    """Change the rows of a table in a committed batch."""
    path = history_file(warehouse.settings.layout, table, batch)
    pq.write_table(change(pq.read_table(path, partitioning=None)), path)
    forget_digests(warehouse.settings.layout)


def forget_digests(layout: Layout) -> None:
    """Let the commits of that lake have no digests of history files."""
    for path in commit_files(layout):
        write_manifest(path, replace(read_manifest(path), history_sha256={}))
    manifests._read_commit.cache_clear()  # noqa: SLF001  (a commit never changes, save here)
