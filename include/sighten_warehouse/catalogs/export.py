"""The last export: its folder, its version, and the files of each table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.parquet import read_export


@dataclass(frozen=True)
class Export:
    """One export; its folder stays until the export after the next.

    `tables`: table → its Parquet files, at least one each.
    """

    folder: Path
    version: str
    tables: Mapping[str, Sequence[Path]]


def read_exported(layout: Layout) -> Export | None:
    """The last export, at a path that no later one changes; None if there is none."""
    if not layout.parquet.is_dir():
        return None
    folder = layout.parquet.resolve()
    manifest = read_export(layout)
    if layout.parquet.resolve() != folder:  # renewed meanwhile
        return read_exported(layout)
    tables = {table: [folder / table / part for part in sorted(parts)] for table, parts in manifest["tables"].items()}
    return Export(folder, manifest["version"], tables)
