"""Batches that another lake takes over as they are: the same files, under second names."""

import os
import shutil
from pathlib import Path

from sighten_warehouse.durable import ensure_folder, sync
from sighten_warehouse.lake.manifest import Manifest, commit_path, history_file
from sighten_warehouse.layout import Layout


def is_whole(manifest: Manifest, layout: Layout) -> bool:
    """Whether every history file that the batch wrote is still there."""
    return all(history_file(layout, table, manifest.batch_id).exists() for table in manifest.history_files)


def hardlink_batch(manifest: Manifest, *, layout: Layout, aside: Layout) -> None:
    """The batch is in the lake aside as it is in the other one; `sync_folders` makes that last.

    History files and commits never change, so both lakes may hold the same bytes; that takes neither time nor room.
    """
    for table in manifest.history_files:
        _second_name(history_file(layout, table, manifest.batch_id), history_file(aside, table, manifest.batch_id))
    _second_name(commit_path(layout, manifest.batch_id), commit_path(aside, manifest.batch_id))


def sync_folders(lake: Path) -> None:
    """The names in the folders of that lake are on stable storage."""
    for folder in lake.iterdir():
        sync(folder)


def _second_name(path: Path, other: Path) -> None:
    ensure_folder(other.parent)
    try:
        os.link(path, other)
    except FileNotFoundError:
        raise
    except OSError:  # not every disk knows second names, and some only so many
        shutil.copyfile(path, other)
        sync(other)
