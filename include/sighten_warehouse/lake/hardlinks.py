"""Taking batches over into another lake unchanged, as hard links to the same files."""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from sighten_warehouse.durable import clone, ensure_folder, hardlink, sync
from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.left_out import left_out_path
from sighten_warehouse.lake.loads import loads_path
from sighten_warehouse.lake.manifest import Manifest, commit_path, history_file, prepared_path, read_manifest
from sighten_warehouse.layout import Layout


def hardlink_batch(manifest: Manifest, *, layout: Layout, aside: Layout) -> None:
    """Take the batch over into the lake of `aside`; `sync_folders` makes that durable.

    History files and commits never change, so both lakes may share the bytes, at no cost of time or space.
    """
    _hardlink_history(manifest, layout, aside)
    if manifest.merged:
        _hardlink(loads_path(layout, manifest.batch_id), loads_path(aside, manifest.batch_id))
    _hardlink(commit_path(layout, manifest.batch_id), commit_path(aside, manifest.batch_id))


def _hardlink_history(manifest: Manifest, layout: Layout, aside: Layout) -> None:
    for table in manifest.history_files:
        _hardlink(history_file(layout, table, manifest.batch_id), history_file(aside, table, manifest.batch_id))


def hardlink_uncommitted(layout: Layout, aside: Layout, *, loaded: Collection[str]) -> None:
    """Take over the batches that are planned or flattened, unless another batch loaded a landing file of them."""
    for path in layout.prepared.glob("*.json"):
        with suppress(LakeError, FileNotFoundError):  # a commit removes it, also of a batch that it refuses
            if not read_manifest(path).landing_files.keys() & set(loaded):
                # The manifest first: it may be flattened at any time, and what is taken over then lists its files.
                _hardlink(path, prepared_path(aside, path.stem))
                _hardlink_history(read_manifest(prepared_path(aside, path.stem)), layout, aside)


def hardlink_left_out(layout: Layout, aside: Layout) -> None:
    """Take over the record of landing files that a rebuild left out, if any."""
    with suppress(FileNotFoundError):
        _hardlink(left_out_path(layout), left_out_path(aside))


def sync_folders(lake: Path) -> None:
    """Put the names in the folders of that lake on stable storage."""
    for folder in lake.iterdir():
        sync(folder)


def _hardlink(path: Path, other: Path) -> None:
    ensure_folder(other.parent)
    if other.exists():  # taken over before another machine committed
        return
    try:
        hardlink(path, other)
    except FileNotFoundError:
        raise
    except OSError:  # the file system has no hard links, or limits their number
        clone(path, other)
        sync(other)
