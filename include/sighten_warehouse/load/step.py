"""The steps of loading: plan batches, flatten each into history files, commit them."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice
from threading import Event

import structlog

from sighten_warehouse.duckdb_errors import explain_refusal
from sighten_warehouse.durable import explaining_disk
from sighten_warehouse.errors import LakeReplacedError
from sighten_warehouse.lake.compaction import compact_if_many
from sighten_warehouse.lake.folder import ensure_lake, resolve_lake
from sighten_warehouse.lake.left_out import left_out
from sighten_warehouse.lake.loaded import landed_and_loaded
from sighten_warehouse.lake.manifest import (
    Manifest,
    code_version,
    commit_path,
    prepared_path,
    read_manifest,
    write_manifest,
)
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.landing.files import day_of, text_bytes
from sighten_warehouse.landing.integrity import hides_damage
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.batch import flatten_files
from sighten_warehouse.load.commit import commit, now
from sighten_warehouse.load.erased import erase_uncommitted
from sighten_warehouse.load.result import FlattenResult, LoadResult
from sighten_warehouse.load.workers import Workers
from sighten_warehouse.remotes import fetch, size_of
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

MAX_BATCH_BYTES = 32 * 1024 * 1024
MIN_BATCH_BYTES = 8 * 1024 * 1024  # a smaller batch is not worth a task of its own
MAX_BATCH_FILES = 5_000
LOOK_SECONDS = 0.5

OnProgress = Callable[[int, int], object]


def pending(settings: Settings) -> list[str]:
    """The landing files to load, oldest first: those in no commit.

    Except those whose damage no line would show, as empty ones, and those left out by a rebuild.
    """
    moment = landed_and_loaded(settings.layout)
    loaded = {name for manifest in moment.commits for name in manifest.landing_files}
    done = loaded | left_out(moment.layout).keys()
    landing = moment.layout.landing
    return [name for name in moment.landing_files if name not in done and not hides_damage(landing / name)]


def is_one_batch(settings: Settings) -> bool:
    """Whether what is pending is little enough for one batch, and not nothing."""
    files = pending(settings)
    return bool(files) and len(list(islice(divide(settings.layout, files, max_bytes=MIN_BATCH_BYTES), 2))) == 1


def plan(settings: Settings, *, max_batches: int = 8) -> list[str]:
    """Divide the pending files into batches of bounded size, record them, and return their ids, oldest first.

    Files beyond `max_batches` stay pending.

    Raises:
        StorageError: the disk refused a write.
    """
    with explaining_disk(settings.layout.root):
        return _plan(settings, max_batches)


def _plan(settings: Settings, max_batches: int) -> list[str]:
    files = pending(settings)
    if not files:
        return []
    ensure_lake(settings.layout)
    layout = resolve_lake(settings.layout)
    erase_uncommitted(settings.layout, files)
    share = sum(_size(layout, name) for name in files) // max_batches
    manifests = list(islice(divide(layout, files, max_bytes=max(share, MIN_BATCH_BYTES)), max_batches))
    for manifest in manifests:
        write_manifest(prepared_path(layout, manifest.batch_id), manifest)
    return [manifest.batch_id for manifest in manifests]


def divide(layout: Layout, files: Iterable[str], *, max_bytes: int = MAX_BATCH_BYTES) -> Iterator[Manifest]:
    """Batches of the files in order: each is bounded in bytes and files, and a large one ends with its day."""
    batch: list[str] = []
    taken = 0
    for name in files:
        size = _size(layout, name)
        is_full = taken + size > min(max_bytes, MAX_BATCH_BYTES) or len(batch) >= MAX_BATCH_FILES
        # A rebuild of a few days then remakes little else.
        ends_its_day = taken >= MIN_BATCH_BYTES and day_of(name) != day_of(batch[-1])
        if batch and (is_full or ends_its_day):
            yield _batch(batch)
            batch, taken = [], 0
        batch.append(name)
        taken += size
    if batch:
        yield _batch(batch)


def _size(layout: Layout, name: str) -> int:
    return text_bytes(name, size_of(layout.landing / name))


def _batch(files: Sequence[str]) -> Manifest:
    batch_id = hashlib.sha256("\n".join(sorted(files)).encode()).hexdigest()[:20]
    return Manifest(batch_id=batch_id, landing_files=dict.fromkeys(files, 0))


def flatten(settings: Settings, batch_id: str) -> FlattenResult:
    """Write the batch's history files; they count once it is committed, and a repeat writes the same files.

    Raises:
        LakeError: no such batch was planned.
        StorageError: the disk refused a write; nothing of the batch counts.
    """
    refresh(settings.layout, landing=False)
    with Workers(flatten_batch) as workers:
        [manifest] = _flatten(settings, [batch_id], workers)
    return FlattenResult(batch_id, manifest.landed, manifest.outcomes)


def _flatten(settings: Settings, batch_ids: Sequence[str], workers: Workers) -> list[Manifest]:
    with explaining_disk(settings.layout.root), explain_refusal(settings.layout.root):
        layout = resolve_lake(settings.layout)
        committed = [path for batch_id in batch_ids if (path := commit_path(layout, batch_id)).exists()]
        done = [read_manifest(path) for path in committed]
        known = {manifest.batch_id for manifest in done}
        planned = [read_manifest(prepared_path(layout, batch_id)) for batch_id in batch_ids if batch_id not in known]
        fetch(layout.landing / name for manifest in planned for name in manifest.landing_files)
        with _noticing_another_lake(settings.layout, layout):
            for manifest in workers.flatten(planned, layout=layout):
                write_manifest(prepared_path(layout, manifest.batch_id), manifest)
                done.append(manifest)
        return done


@contextmanager
def _noticing_another_lake(layout: Layout, resolved: Layout) -> Iterator[None]:
    """A file that is missing here was removed with its lake, or merged after another process had loaded it."""
    try:
        yield
    except FileNotFoundError as error:
        if resolve_lake(layout).lake == resolved.lake:
            raise
        raise LakeReplacedError(
            f"{resolved.lake}: a compaction or a rebuild replaced it while a load wrote there; expected it to stay."
            " Nothing is lost: load again"
        ) from error


def flatten_batch(manifest: Manifest, layout: Layout) -> Manifest:
    """Write the history files of the batch; return its manifest with the outcomes."""
    manifest = flatten_files(manifest, layout=layout)
    log.info("flattened", batch_id=manifest.batch_id, landed=manifest.landed, **manifest.outcomes)
    return replace(manifest, code_version=code_version(), prepared_at=now())


def load(
    settings: Settings,
    *,
    jobs: int = 1,
    on_start: Callable[[], object] | None = None,
    on_progress: OnProgress | None = None,
) -> LoadResult:
    """Load everything pending at the start; files that land meanwhile may wait for the next load.

    If many small loads have piled up, they are compacted first: most are published by then, so that the next publish
    need not make all anew. Flattens in up to `jobs` processes, each of which calls `on_start` first. `on_progress`
    receives the bytes loaded so far, and those that are left.
    """
    with Workers(flatten_batch, jobs=jobs, on_start=on_start) as workers:
        return _load_pending(settings, workers, on_progress)


def load_while_landing(
    settings: Settings, has_landed: Event, *, jobs: int, on_start: Callable[[], object] | None = None
) -> LoadResult:
    """Load what lands, whenever there is a file for each of `jobs` processes, until `has_landed`; leaves the rest."""
    total = LoadResult()
    with Workers(flatten_batch, jobs=jobs, on_start=on_start) as workers:
        while not has_landed.wait(LOOK_SECONDS):
            if len(pending(settings)) >= jobs:
                total += _load_pending(settings, workers)
    return total


def _load_pending(settings: Settings, workers: Workers, on_progress: OnProgress | None = None) -> LoadResult:
    total, done = LoadResult(), 0
    while batch_ids := plan(settings):
        if not total.batches:
            compact_if_many(settings.layout)
        try:
            flattened = _flatten(settings, batch_ids, workers)
            result = commit(settings, batch_ids, is_pulled=True)
        except LakeReplacedError as error:
            log.warning("planned_again", error=str(error))
            continue
        total += result
        if not result.batches:
            break
        if on_progress:
            done += sum(text_bytes(*file) for manifest in flattened for file in manifest.landing_bytes.items())
            on_progress(done, sum(_size(settings.layout, name) for name in pending(settings)))
    return total
