"""Removes what is not needed any more: old versions, lakes that none of them reads, and what a killed publish has left.

The caller holds the lock of publishing.
"""

from sighten_warehouse.durable import remove_any, remove_files
from sighten_warehouse.lake.folder import remove_unneeded
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.earlier import gather_if_many
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.remotes import files_in, remote_of

EXPORT_SUFFIX = ".parquet.tmp"  # of a hidden folder that an export fills, which has a lock of its own


def remove_leftovers(layout: Layout, *, keep: int) -> None:
    """Make room before a publish, so that one that is killed again and again fills no disk."""
    hidden = [path for path in layout.versions.glob(".*.tmp") if not path.name.endswith(EXPORT_SUFFIX)]
    left = [*layout.work.glob(".*.tmp"), *layout.work.glob("spilled/*")]
    if remote_of(layout.root):  # readers download into hidden files, and another machine's version may not be told yet
        left += [path for path in hidden if path.is_dir()]
    else:
        known = [version.version for version in versions(layout)]
        unneeded = [path for path in layout.versions.glob("*.duckdb") if path.stem not in known[-keep:]]
        left += [*hidden, *layout.published.glob(".warehouse.duckdb.*.tmp"), *unneeded]
    for path in left:
        remove_any(path)


def remove_old(layout: Layout, *, keep: int) -> None:
    """Remove the files of old versions, and lakes that no kept version reads."""
    remove_files(files_in(layout.versions, "*.duckdb")[:-keep])
    kept = {path.stem for path in files_in(layout.versions, "*.duckdb")}
    known = versions(layout)
    # Whoever opened the version before still reads its history.
    read = [*known[-2:], *(version for version in known if version.version in kept)]
    remove_unneeded(layout, needed={version.lake for version in read})
    gather_if_many(layout, known, keep=kept | {version.version for version in known[-2:]})
