"""Load: batches of landing files become history files; loading again changes nothing."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice

import structlog

from sighten_warehouse.lake.folder import ensure_lake, resolve_lake
from sighten_warehouse.lake.manifest import (
    Manifest,
    code_version,
    commit_path,
    loaded_files,
    prepared_path,
    read_manifest,
    write_manifest,
)
from sighten_warehouse.landing.files import day_of, landing_files
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.batch import flatten_files
from sighten_warehouse.locks import one_writer
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

MAX_BATCH_BYTES = 32 * 1024 * 1024
LEAST_BATCH_BYTES = 8 * 1024 * 1024  # a smaller share would not be worth a task of its own
MAX_BATCH_FILES = 5_000


@dataclass(frozen=True)
class FlattenResult:
    """What one batch came to, before it counts."""

    batch_id: str
    landed: int
    outcomes: dict[str, int]


@dataclass(frozen=True)
class LoadResult:
    """What was committed; `refused` batches held a landing file that another commit had taken meanwhile."""

    batches: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    landed: int = 0
    loaded: int = 0
    ignored: int = 0
    quarantined: int = 0


def pending(settings: Settings) -> list[str]:
    """The names of the landing files that no commit names, oldest first."""
    layout = settings.layout
    loaded = loaded_files(layout)
    return [name for name in landing_files(layout.landing) if name not in loaded]


def plan(settings: Settings, *, max_batches: int = 8) -> list[str]:
    """Divide what is pending into batches of bounded size, write them down, and return their ids, oldest first.

    What does not fit into `max_batches` stays pending for the next time.
    """
    files = pending(settings)
    if not files:
        return []
    ensure_lake(settings.layout)
    layout = resolve_lake(settings.layout)
    share = sum(_size(layout, name) for name in files) // max_batches
    manifests = list(islice(divide(layout, files, max_bytes=max(share, LEAST_BATCH_BYTES)), max_batches))
    for manifest in manifests:
        write_manifest(prepared_path(layout, manifest.batch_id), manifest)
    return [manifest.batch_id for manifest in manifests]


def divide(layout: Layout, files: Iterable[str], *, max_bytes: int = MAX_BATCH_BYTES) -> Iterator[Manifest]:
    """Batches of those landing files, in their order, each bounded in bytes, in number of files, and by a day's end."""
    batch: list[str] = []
    taken = 0
    for name in files:
        size = _size(layout, name)
        is_full = taken + size > min(max_bytes, MAX_BATCH_BYTES) or len(batch) >= MAX_BATCH_FILES
        # So a rebuild of some days of a past that was loaded at once takes little else.
        ends_its_day = taken >= LEAST_BATCH_BYTES and day_of(name) != day_of(batch[-1])
        if batch and (is_full or ends_its_day):
            yield _batch(batch)
            batch, taken = [], 0
        batch.append(name)
        taken += size
    if batch:
        yield _batch(batch)


def _size(layout: Layout, name: str) -> int:
    return (layout.landing / name).stat().st_size


def _batch(files: Sequence[str]) -> Manifest:
    batch_id = hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest()[:20]
    return Manifest(batch_id=batch_id, landing_files=dict.fromkeys(files, 0))


def flatten(settings: Settings, batch_id: str) -> FlattenResult:
    """Write the batch's history files, which count only once it is committed; doing it again writes the same files.

    Raises:
        LakeError: no such batch was planned.
    """
    layout = resolve_lake(settings.layout)
    committed = commit_path(layout, batch_id)
    if committed.exists():
        done = read_manifest(committed)
        return FlattenResult(batch_id, done.landed, done.outcomes)
    manifest = flatten_batch(read_manifest(prepared_path(layout, batch_id)), layout=layout)
    write_manifest(prepared_path(layout, batch_id), manifest)
    return FlattenResult(batch_id, manifest.landed, manifest.outcomes)


def flatten_batch(manifest: Manifest, *, layout: Layout) -> Manifest:
    """The batch with what it came to; its history files are written."""
    manifest = flatten_files(manifest, layout=layout)
    log.info("flattened", batch_id=manifest.batch_id, landed=manifest.landed, **manifest.outcomes)
    return replace(manifest, code_version=code_version(), prepared_at=now())


def commit(settings: Settings, batch_ids: Sequence[str]) -> LoadResult:
    """Make flattened batches count, one after the other; one that was committed before stays as it is.

    A batch with a landing file that another commit names is refused: what it held besides stays pending.
    """
    with one_writer(settings.layout, "commit"):
        layout = resolve_lake(settings.layout)
        loaded = loaded_files(layout)
        done, refused = [], []
        for batch_id in batch_ids:
            if commit_path(layout, batch_id).exists():
                continue
            manifest = _unless_refused(layout, batch_id, loaded=loaded)
            if manifest is None:
                refused.append(batch_id)
                continue
            manifest = replace(manifest, committed_at=now())
            write_manifest(commit_path(layout, batch_id), manifest)
            loaded |= set(manifest.landing_files)
            done.append(manifest)
            log.info("loaded", batch_id=batch_id, landed=manifest.landed, **manifest.outcomes)
        for batch_id in batch_ids:
            with suppress(FileNotFoundError):
                prepared_path(layout, batch_id).unlink()
    return _sum(done, refused)


def _unless_refused(layout: Layout, batch_id: str, *, loaded: set[str]) -> Manifest | None:
    """The batch as it was flattened; None, with a warning, for one that must not be committed."""
    prepared = prepared_path(layout, batch_id)
    manifest = read_manifest(prepared) if prepared.exists() else None
    if manifest is None:
        # A commit that refuses a batch forgets it; whoever then tries the same commit again is refused again.
        reason = "not prepared, or refused before"
    elif manifest.prepared_at is None:
        reason = "not flattened"
    elif loaded & set(manifest.landing_files):
        reason = "a landing file of it was loaded by another batch"
    else:
        return manifest
    log.warning("refused", batch_id=batch_id, reason=reason)
    return None


def _sum(done: Sequence[Manifest], refused: Sequence[str]) -> LoadResult:
    counts = {name: sum(one.outcomes.get(name, 0) for one in done) for name in ("loaded", "ignored", "quarantined")}
    return LoadResult(
        batches=tuple(one.batch_id for one in done),
        refused=tuple(refused),
        landed=sum(one.landed for one in done),
        **counts,
    )


def load(settings: Settings) -> LoadResult:
    """Load everything that is pending when it starts, and what lands meanwhile at the latest the next time."""
    results = []
    while batch_ids := plan(settings):
        for batch_id in batch_ids:
            flatten(settings, batch_id)
        result = commit(settings, batch_ids)
        results.append(result)
        if not result.batches:
            break
    return _add(results)


def _add(results: Sequence[LoadResult]) -> LoadResult:
    return LoadResult(
        batches=tuple(batch for one in results for batch in one.batches),
        refused=tuple(batch for one in results for batch in one.refused),
        landed=sum(one.landed for one in results),
        loaded=sum(one.loaded for one in results),
        ignored=sum(one.ignored for one in results),
        quarantined=sum(one.quarantined for one in results),
    )


def now() -> str:
    """The time as manifests have it."""
    return datetime.now(UTC).isoformat(timespec="microseconds")
