"""Compaction: many small landing files, history files and commits become few, in a new lake that is swapped in."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import structlog

from sighten_warehouse.duckdb_errors import explain_refusal
from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.lake.damage import explaining_damage
from sighten_warehouse.lake.exchange import Exchange, remove_hidden, write_exchange
from sighten_warehouse.lake.folder import complete_swap, decide_swap, final_name, new_lake, resolve_lake
from sighten_warehouse.lake.hardlinks import hardlink_batch, hardlink_left_out, hardlink_uncommitted, sync_folders
from sighten_warehouse.lake.lineage import Step, add_step
from sighten_warehouse.lake.manifest import Manifest, commits, loaded_files
from sighten_warehouse.lake.merge import merge_group
from sighten_warehouse.lake.merge_plan import MergePlan, is_small, plan_merges
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.lake.takeover import take_over
from sighten_warehouse.layout import Layout
from sighten_warehouse.locks import one_writer, writer_if_free

log = structlog.get_logger()

WORTH_MERGING = 50  # small batches; fewer cost a publish nothing
MANY = 500  # small batches; more make each publish dearer than a compaction now and then

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Compacted:
    """What was merged: numbers of batches and landing files before and after; `refused` landing files, which stay."""

    batches: tuple[int, int] = (0, 0)
    landing_files: tuple[int, int] = (0, 0)
    refused: dict[str, str] = field(default_factory=dict)


def compact(layout: Layout, *, on_progress: OnProgress = lambda _done, _all: None) -> Compacted:
    """Merge small landing files of a day, line for line, and the history files and commits of small batches.

    Every row stays as it is, except the places of lines in landing. Loads, publishes and readers continue meanwhile;
    after a crash, nothing was changed or everything. Pending landing files stay. `on_progress` receives the number of
    batches merged, and of all that are to be.

    Raises:
        LakeError: commits contradict each other, or history files are damaged.
        StorageError: the disk refused a write; nothing was changed.
    """
    with one_writer(layout, "rebuild"), explain_refusal(layout.root):
        return _compact(layout, on_progress)


def compact_if_many(layout: Layout, *, many: int | None = None) -> Compacted | None:
    """Compact if `many` small batches have piled up since the last time, and neither a rebuild nor a compaction runs.

    An error is logged: loading can go on without it. It is not tried again before others have piled up.

    Raises:
        LakeError: commits contradict each other.
    """
    if len(_unmerged(layout)) < (MANY if many is None else many):
        return None
    with writer_if_free(layout, "rebuild") as is_free:
        if not is_free:
            return None
        try:
            with explain_refusal(layout.root):
                return _compact(layout, lambda _done, _all: None)
        except WarehouseError as error:
            log.warning("not_compacted", error=str(error))
            _remember_unmerged(layout)
            return None


def unmerged_since(layout: Layout) -> str | None:
    """When the oldest of the small batches that wait for a compaction was committed; None while there are few.

    Raises:
        LakeError: commits contradict each other.
    """
    waiting = _unmerged(layout)
    if len(waiting) < WORTH_MERGING:
        return None
    times = [manifest.committed_at for manifest in commits(layout) if manifest.batch_id in waiting]
    return min(time for time in times if time)


def _unmerged(layout: Layout) -> set[str]:
    """The small plain batches that no compaction of this lake has left as they are."""
    return _small_batches(layout) - set(_left_unmerged(layout))


def _small_batches(layout: Layout) -> set[str]:
    return {manifest.batch_id for manifest in commits(layout) if is_small(manifest) and not manifest.merged}


def _left_unmerged(layout: Layout) -> list[str]:
    try:
        return msgspec.json.decode(_memory(layout).read_bytes(), type=list[str])
    except FileNotFoundError:
        return []


def _memory(layout: Layout) -> Path:
    return layout.lake / "_unmerged.json"


def _remember_unmerged(layout: Layout) -> None:
    """Remember the batches that cannot be merged, so that not every load tries it again."""
    if small := _small_batches(layout):
        write_durably(_memory(layout), msgspec.json.encode(sorted(small)))


def _compact(layout: Layout, on_progress: OnProgress) -> Compacted:
    refresh(layout, landing=False)
    source = resolve_lake(layout)
    remove_hidden(layout.landing)
    committed = commits(source)
    merged: Sequence[Manifest] = ()
    with explaining_damage(source, committed):
        plan = plan_merges(source, committed)
        if plan.groups:
            merged = _make(layout, source, committed, plan, on_progress)
    _remember_unmerged(layout)
    result = _result(committed, plan, merged)
    log.info("compacted", batches=result.batches, landing_files=result.landing_files, refused=list(plan.refused))
    return result


def _make(
    layout: Layout, source: Layout, committed: Sequence[Manifest], plan: MergePlan, on_progress: OnProgress
) -> list[Manifest]:
    """Make the compacted lake and swap it in; return the merged commits."""
    aside = new_lake(layout)
    total = sum(map(len, plan.groups))
    merged: list[Manifest] = []
    exchanges: list[Exchange] = []
    done = 0
    for group in plan.groups:
        manifest, exchange = merge_group(group, layout=source, aside=aside)
        merged.append(manifest)
        exchanges.append(exchange)
        done += len(group)
        on_progress(done, total)
    taken = {manifest.batch_id for group in plan.groups for manifest in group}
    _keep(source, aside, [manifest for manifest in committed if manifest.batch_id not in taken])
    add_step(source, aside, Step(source.lake.name, tuple(manifest.batch_id for manifest in merged)))
    write_exchange(
        aside,
        Exchange(
            merged=[name for exchange in exchanges for name in exchange.merged],
            replaced=[name for exchange in exchanges for name in exchange.replaced],
        ),
    )
    _swap_in(layout, source, aside, committed)
    return merged


def _keep(source: Layout, aside: Layout, manifests: Sequence[Manifest]) -> None:
    for manifest in manifests:
        hardlink_batch(manifest, layout=source, aside=aside)


def _swap_in(layout: Layout, source: Layout, aside: Layout, committed: Sequence[Manifest]) -> None:
    """Take over what was planned, flattened and committed meanwhile, and make the new lake the one in use."""
    with one_writer(layout, "commit"):
        known = {manifest.batch_id for manifest in committed}
        while True:
            new = [manifest for manifest in commits(source) if manifest.batch_id not in known]
            _keep(source, aside, new)
            known |= {manifest.batch_id for manifest in new}
            hardlink_uncommitted(source, aside, loaded=loaded_files(source))
            hardlink_left_out(source, aside)
            sync_folders(aside.lake)
            if take_over(source, aside):
                break
            refresh(layout, landing=False)
        decide_swap(layout, final_name(aside))
        complete_swap(layout)


def _result(committed: Sequence[Manifest], plan: MergePlan, merged: Sequence[Manifest]) -> Compacted:
    before = [manifest for group in plan.groups for manifest in group]
    batches = len(committed) - len(before) + len(merged)
    files = sum(len(manifest.landing_files) for manifest in committed)
    files_after = files - sum(len(manifest.landing_files) for manifest in before)
    files_after += sum(len(manifest.landing_files) for manifest in merged)
    return Compacted((len(committed), batches), (files, files_after), plan.refused)
