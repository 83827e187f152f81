"""Commits batches and puts another lake in use, on a local disk or so that machines which share a home agree."""

from collections.abc import Sequence

from sighten_warehouse.lake.exchange import hidden_file
from sighten_warehouse.lake.folder import final_name
from sighten_warehouse.lake.manifest import Manifest, commit_path, commits, write_manifest
from sighten_warehouse.lake.pull import mirror_of
from sighten_warehouse.lake.sequence import append_commits, begin, close_lake
from sighten_warehouse.layout import Layout


def write_commits_of(layout: Layout, manifests: Sequence[Manifest]) -> bool:
    """Commit the batches to the lake in use; the caller holds the lock `commit`.

    False, with nothing committed, if another machine has committed since the last pull: pull and decide again.

    Raises:
        LakeReplacedError: another machine has put another lake in use.
    """
    mirror = mirror_of(layout)
    if mirror is not None:
        return not manifests or append_commits(mirror, layout, manifests)
    for manifest in manifests:
        write_manifest(commit_path(layout, manifest.batch_id), manifest)
    return True


def take_over(source: Layout, aside: Layout) -> bool:
    """Let the lake `aside` follow the one in use; the swap completes it. The caller holds the lock `commit`.

    False if another machine has committed since the last pull: pull, take over what it has, and try again.

    Raises:
        LakeReplacedError: another machine has put another lake in use.
    """
    mirror = mirror_of(source)
    if mirror is None:
        return True
    name = final_name(aside)
    mirror.put(aside.lake, source.root / name)
    hidden = hidden_file(source.landing, name, "")
    mirror.put_all([(path, path) for path in hidden.rglob("*") if path.is_file()])
    begin(mirror, aside, name, commits(aside))
    return close_lake(mirror, source, name)
