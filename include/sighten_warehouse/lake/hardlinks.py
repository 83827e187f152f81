"""Taking batches over into another lake unchanged, as hard links to the same files."""

import os
import shutil
from pathlib import Path

from sighten_warehouse.durable import ensure_folder, sync
from sighten_warehouse.lake.manifest import Manifest, commit_path, history_file
from sighten_warehouse.layout import Layout


def hardlink_batch(manifest: Manifest, *, layout: Layout, aside: Layout) -> None:
    """Take the batch over into the lake of `aside`; `sync_folders` makes that durable.

    History files and commits never change, so both lakes may share the bytes, at no cost of time or space.
    """
    for table in manifest.history_files:
        _hardlink(history_file(layout, table, manifest.batch_id), history_file(aside, table, manifest.batch_id))
    _hardlink(commit_path(layout, manifest.batch_id), commit_path(aside, manifest.batch_id))


def sync_folders(lake: Path) -> None:
    """Put the names in the folders of that lake on stable storage."""
    for folder in lake.iterdir():
        sync(folder)


def _hardlink(path: Path, other: Path) -> None:
    ensure_folder(other.parent)
    try:
        os.link(path, other)
    except FileNotFoundError:
        raise
    except OSError:  # the file system has no hard links, or limits their number
        shutil.copyfile(path, other)
        sync(other)
