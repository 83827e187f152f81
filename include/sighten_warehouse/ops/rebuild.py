"""Rebuild: make a new lake from landing by the current rules, for all days or some, and swap it in."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from sighten_warehouse.duckdb_errors import explain_refusal
from sighten_warehouse.errors import LakeError, VersionReplacedError
from sighten_warehouse.lake.damage import is_whole, readable_commits
from sighten_warehouse.lake.exchange import remove_hidden
from sighten_warehouse.lake.folder import finish_lake, new_lake, resolve_lake, swap_in
from sighten_warehouse.lake.hardlinks import hardlink_batch, sync_folders
from sighten_warehouse.lake.left_out import left_out, write_left_out
from sighten_warehouse.lake.manifest import (
    Manifest,
    commit_path,
    loaded_files,
    prepared_path,
    read_manifest,
    write_manifest,
)
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.lake.remade import carry_loads
from sighten_warehouse.lake.takeover import take_over
from sighten_warehouse.landing.files import Days, landing_files
from sighten_warehouse.landing.integrity import hides_damage
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.commit import now
from sighten_warehouse.load.erased import RestOfLanding, erase_uncommitted
from sighten_warehouse.load.spark_workers import SparkWorkers
from sighten_warehouse.load.step import divide, flatten_batch
from sighten_warehouse.load.workers import Workers
from sighten_warehouse.locks import one_writer
from sighten_warehouse.ops.rebuild_refusals import leave_out, refuse_erased_meanwhile
from sighten_warehouse.publish import is_current, publish
from sighten_warehouse.publish.step import publish_lake
from sighten_warehouse.publish.version import Version
from sighten_warehouse.publish.versions import versions
from sighten_warehouse.settings import Settings
from sighten_warehouse.spark.session import engine_session

log = structlog.get_logger()

OnProgress = Callable[[int, int], None]
Chosen = Days | RestOfLanding | None


@dataclass(frozen=True)
class Rebuilt:
    """What was rebuilt, the number of batches kept unchanged, and the published version."""

    batches: int
    kept: int
    landed: int
    outcomes: dict[str, int]
    version: Version


def rebuild(  # noqa: PLR0913  (all but the settings are options)
    settings: Settings,
    *,
    days: Days | None = None,
    without: Collection[str] = (),
    erased: RestOfLanding | None = None,
    jobs: int = 1,
    on_start: Callable[[], object] | None = None,
    on_progress: OnProgress = lambda _done, _all: None,
) -> Rebuilt:
    """Make a new lake from landing, swap it in, and publish it; loads and readers continue meanwhile.

    Committed batches keep their names and times. With `days`, batches without a delivery received then are kept
    unchanged, and pending files stay pending. Landing files that are not what was loaded from them are left out if they
    match one of the patterns `without`; the new lake records them, and a load takes them once they are restored.
    With `erased`, only batches with such a delivery are remade, and landing files are exchanged together with the lake.
    Flattens in up to `jobs` processes, each of which calls `on_start` first, or on Spark's executors. `on_progress`
    receives the number of batches done, and of all.

    Raises:
        LakeError: another landing file is missing, short or altered, or a pattern matches none that is.
        CheckError, StorageError, SparkError: a check, a write or Spark failed; the old lake stays.
    """
    layout, chosen = settings.layout, erased or days
    with engine_session(settings) as session, one_writer(layout, "rebuild"), explain_refusal(layout.root):
        refresh(layout)
        in_use = resolve_lake(layout)
        remove_hidden(layout.landing)
        kept, before = _kept_and_remade(layout, chosen)
        lost = leave_out(layout, before, without)
        aside = new_lake(layout)
        write_left_out(aside, lost)
        made = Counter(kept=_keep(layout, aside, kept))
        todo = list(_division(layout, before, _files_to_take(layout, before, chosen) - lost.keys()))
        with Workers(flatten_batch, jobs=jobs, on_start=on_start) as workers:
            flatten = SparkWorkers(session).flatten if session else workers.flatten
            for number, manifest in enumerate(flatten(todo, layout=_source(aside, todo, chosen)), 1):
                made += _commit(manifest, in_use, aside)
                on_progress(number, len(todo))
        with one_writer(layout, "publish"), suppress(VersionReplacedError):
            _swap_in(settings, finish_lake(aside), chosen, made)
    log.info("rebuilt", **made)
    version = versions(layout)[-1] if is_current(settings) else publish(settings)
    batches, unchanged, landed = (made.pop(name, 0) for name in ("batches", "kept", "landed"))
    return Rebuilt(batches, unchanged, landed, dict(made), version)


def _source(aside: Layout, todo: Iterable[Manifest], chosen: Chosen) -> Layout:
    """The layout of the new lake, with the landing files to read."""
    if not isinstance(chosen, RestOfLanding):
        return aside
    for manifest in todo:
        chosen.stage(manifest.landing_files)
    return replace(aside, landing_folder=chosen.landing_folder)


def _swap_in(settings: Settings, whole: Layout, chosen: Chosen, made: Counter[str]) -> None:
    """Publish the new lake and put it in use, if its checks pass. Adds to `made`."""
    layout = settings.layout

    def swap() -> None:
        with one_writer(layout, "commit"):
            refuse_erased_meanwhile(layout, whole)
            while True:
                made.update(_catch_up(layout, whole, chosen))
                _keep_planned(layout, whole)
                if isinstance(chosen, RestOfLanding):
                    for name in set(landing_files(layout.landing)) - loaded_files(whole):
                        chosen.rewrite(name)
                    chosen.hand_over(whole)
                if take_over(resolve_lake(layout), whole):
                    break
                refresh(layout)
            swap_in(layout, whole)

    publish_lake(settings, whole, on_checked=swap)


def _kept_and_remade(layout: Layout, chosen: Chosen) -> tuple[list[Manifest], list[Manifest]]:
    """The batches to keep and the batches to remake; one that lost a history file is remade whatever its days."""
    kept: list[Manifest] = []
    remade: list[Manifest] = []
    taken: set[str] = set()
    layout = resolve_lake(layout)
    for manifest in readable_commits(layout):
        remake = chosen is None or chosen.touch(manifest.landing_files) or not is_whole(manifest, layout)
        if remake:
            remade.append(manifest)
        elif not taken & manifest.landing_files.keys():
            kept.append(manifest)
            taken |= manifest.landing_files.keys()
    return kept, [manifest for manifest in remade if not taken & manifest.landing_files.keys()]


def _keep(layout: Layout, aside: Layout, kept: Sequence[Manifest]) -> int:
    for manifest in kept:
        hardlink_batch(manifest, layout=resolve_lake(layout), aside=aside)
    sync_folders(aside.lake)
    return sum(manifest.loads for manifest in kept)


def _files_to_take(layout: Layout, before: Collection[Manifest], chosen: Chosen) -> set[str]:
    landed = set(landing_files(layout.landing))
    loaded = {name for manifest in before for name in manifest.landing_files}
    if chosen is not None:
        return landed & loaded
    erase_uncommitted(layout, landed - loaded)
    return {name for name in landed if name in loaded or not hides_damage(layout.landing / name)}


def _division(layout: Layout, before: Collection[Manifest], files: set[str]) -> Iterator[Manifest]:
    """The landing files in their batches of before; files that were in none, in new batches."""
    remaining = set(files)
    for manifest in before:
        if manifest.landing_files.keys() <= remaining:
            remaining -= manifest.landing_files.keys()
            uncounted = dict.fromkeys(manifest.landing_files, 0)
            yield Manifest(manifest.batch_id, uncounted, committed_at=manifest.committed_at, merged=manifest.merged)
    yield from divide(layout, sorted(remaining))


def _commit(flattened: Manifest, in_use: Layout, aside: Layout) -> Counter[str]:
    made = carry_loads(flattened, layout=in_use, aside=aside)
    write_manifest(commit_path(aside, made.batch_id), replace(made, committed_at=made.committed_at or now()))
    return Counter(made.outcomes | {"batches": made.loads, "landed": made.landed})


def _catch_up(layout: Layout, aside: Layout, chosen: Chosen) -> Counter[str]:
    """Take over what was loaded into the lake in use meanwhile, so that it does not become pending again."""
    kept, before = _kept_and_remade(layout, chosen)
    present = loaded_files(aside)
    kept = [manifest for manifest in kept if not present & manifest.landing_files.keys()]
    made = Counter(kept=_keep(layout, aside, kept))
    loaded = {name for manifest in before for name in manifest.landing_files} - left_out(aside).keys()
    todo = list(_division(layout, before, loaded & set(landing_files(layout.landing)) - present))
    source = _source(aside, todo, chosen)
    for manifest in todo:
        made += _commit(flatten_batch(manifest, source), resolve_lake(layout), aside)
    return made


def _keep_planned(layout: Layout, aside: Layout) -> None:
    """Plan the uncommitted batches in the new lake too; flattened ones are flattened again."""
    loaded = loaded_files(aside)
    for path in resolve_lake(layout).prepared.glob("*.json"):
        with suppress(LakeError):
            manifest = read_manifest(path)
            if not loaded & manifest.landing_files.keys():
                planned = Manifest(manifest.batch_id, dict.fromkeys(manifest.landing_files, 0))
                write_manifest(prepared_path(aside, manifest.batch_id), planned)
