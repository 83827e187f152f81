"""Commits flattened batches: each landing file in one batch, whoever else commits."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from sighten_warehouse.durable import remove_files
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.manifest import Manifest, commit_path, loaded_files, prepared_path, read_manifest
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.lake.takeover import write_commits_of
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.erased import erased_since
from sighten_warehouse.load.result import LoadResult, sum_of
from sighten_warehouse.locks import one_writer
from sighten_warehouse.settings import Settings

log = structlog.get_logger()


def commit(settings: Settings, batch_ids: Sequence[str], *, is_pulled: bool = False) -> LoadResult:
    """Commit flattened batches; one that is committed already stays unchanged.

    A batch with a landing file of another commit is refused, and one with a file that was erased since; their other
    files stay pending. `is_pulled`: of a home on object storage, the caller has just pulled what others did.

    Raises:
        LakeReplacedError: another machine has put another lake in use meanwhile.
    """
    with one_writer(settings.layout, "commit"):
        if not is_pulled:
            refresh(settings.layout, landing=False)
        while True:
            layout = resolve_lake(settings.layout)
            done, refused = _to_commit(layout, batch_ids)
            if write_commits_of(layout, done):
                break
            refresh(settings.layout, landing=False)
        for manifest in done:
            log.info("loaded", batch_id=manifest.batch_id, landed=manifest.landed, **manifest.outcomes)
        remove_files(prepared_path(layout, batch_id) for batch_id in batch_ids)
    return sum_of(done, refused=refused)


def _to_commit(layout: Layout, batch_ids: Sequence[str]) -> tuple[list[Manifest], list[str]]:
    """The commits to write, and the batches that are refused; committed ones are in neither."""
    loaded = loaded_files(layout)
    done, refused = [], []
    for batch_id in batch_ids:
        if commit_path(layout, batch_id).exists():
            continue
        manifest = _read_flattened(layout, batch_id, loaded=loaded)
        if manifest is None:
            refused.append(batch_id)
            continue
        loaded |= set(manifest.landing_files)
        done.append(replace(manifest, committed_at=now()))
    return done, refused


def _read_flattened(layout: Layout, batch_id: str, *, loaded: set[str]) -> Manifest | None:
    """The flattened batch; None, with a warning, if it must not be committed."""
    prepared = prepared_path(layout, batch_id)
    manifest = read_manifest(prepared) if prepared.exists() else None
    if manifest is None:
        # A refused batch is forgotten, so a repeat of the same commit is refused again.
        reason = "not prepared, or refused before"
    elif manifest.prepared_at is None:
        reason = "not flattened"
    elif loaded & set(manifest.landing_files):
        reason = "a landing file of it was loaded by another batch"
    elif erased_since(layout, manifest):
        reason = "a landing file of it was erased since it was flattened"
    else:
        return manifest
    log.warning("refused", batch_id=batch_id, reason=reason)
    return None


def now() -> str:
    """The current time, as written in manifests."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
