"""Rebuild: make the lake anew from landing, or a part of it, by today's rules, and swap it in."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.folder import finish_lake, new_lake, resolve_lake, swap_in
from sighten_warehouse.lake.hardlinks import hardlink_batch, is_whole, sync_folders
from sighten_warehouse.lake.manifest import (
    Manifest,
    commit_files,
    commit_path,
    loaded_files,
    oldest_first,
    prepared_path,
    read_manifest,
    write_manifest,
)
from sighten_warehouse.landing.files import Days, landing_files
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.step import divide, flatten_batch, now
from sighten_warehouse.locks import one_writer
from sighten_warehouse.publish.step import is_current, publish, publish_lake
from sighten_warehouse.publish.versions import Version
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

OnProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What was made anew, how many batches were kept as they were, and the version that was published of both."""

    batches: int
    kept: int
    landed: int
    outcomes: dict[str, int]
    version: Version


def rebuild(
    settings: Settings,
    *,
    days: Days | None = None,
    accept_loss: bool = False,
    on_progress: OnProgress = lambda _done, _all: None,
) -> Rebuilt:
    """Make a new lake of everything in landing, swap it in, and publish it; loads and readers go on meanwhile.

    Batches that were committed keep their names and times. With `days`, those without a delivery received then are kept
    as they are, and so is what is pending. `on_progress` hears how many batches are made, of how many.

    Raises:
        LakeError: landing lacks files that were loaded, and `accept_loss` does not say to go on without them.
        CheckError: the new lake does not hold what must hold; the old one stays.
    """
    layout = settings.layout
    with one_writer(layout, "rebuild"):
        kept, before = _kept_and_remade(layout, days)
        if not accept_loss:
            _refuse_loss(layout, before)
        aside = new_lake(layout)
        made = Counter(kept=_keep(layout, aside, kept))
        todo = list(_division(layout, before, _files_to_take(layout, before, days)))
        for number, manifest in enumerate(todo, 1):
            made += _make(manifest, aside)
            on_progress(number, len(todo))
        with one_writer(layout, "publish"):
            version = _swap_in(settings, finish_lake(aside), days, made)
    log.info("rebuilt", **made)
    if not is_current(settings):  # what was loaded meanwhile is in the lake, but not in the version
        version = publish(settings)
    batches, unchanged, landed = (made.pop(name, 0) for name in ("batches", "kept", "landed"))
    return Rebuilt(batches, unchanged, landed, dict(made), version)


def _swap_in(settings: Settings, whole: Layout, days: Days | None, made: Counter[str]) -> Version:
    """The new lake is the one in use, and published; its checks decide whether. `made` is added to."""
    layout = settings.layout

    def swap() -> None:
        with one_writer(layout, "commit"):
            made.update(_catch_up(layout, whole, days))
            _keep_planned(layout, whole)
            swap_in(layout, whole)

    return publish_lake(settings, whole, once_checked=swap)


def _kept_and_remade(layout: Layout, days: Days | None) -> tuple[list[Manifest], list[Manifest]]:
    """The batches that stay as they are, and those that are made again: one that lost a file is, whenever it was."""
    kept: list[Manifest] = []
    remade: list[Manifest] = []
    taken: set[str] = set()
    layout = resolve_lake(layout)
    for manifest in _batches_before(layout):
        again = days is None or days.touch(manifest.landing_files) or not is_whole(manifest, layout)
        if again:
            remade.append(manifest)
        elif not taken & manifest.landing_files.keys():
            kept.append(manifest)
            taken |= manifest.landing_files.keys()
    return kept, [one for one in remade if not taken & one.landing_files.keys()]


def _keep(layout: Layout, aside: Layout, kept: Sequence[Manifest]) -> int:
    for manifest in kept:
        hardlink_batch(manifest, layout=resolve_lake(layout), aside=aside)
    sync_folders(aside.lake)
    return len(kept)


def _files_to_take(layout: Layout, before: Collection[Manifest], days: Days | None) -> set[str]:
    landed = set(landing_files(layout.landing))
    return landed if days is None else landed & {name for manifest in before for name in manifest.landing_files}


def _batches_before(layout: Layout) -> list[Manifest]:
    """What was committed, as far as it can be read: a rebuild is also the cure for a damaged lake."""
    found = []
    for path in commit_files(layout):
        try:
            found.append(read_manifest(path))
        except LakeError as error:
            log.warning("commit_unreadable", error=str(error))
    return oldest_first(found)


def _refuse_loss(layout: Layout, before: Collection[Manifest]) -> None:
    landed = set(landing_files(layout.landing))
    lost = sorted({name for manifest in before for name in manifest.landing_files} - landed)
    if lost:
        raise LakeError(
            f"{layout.landing}: lacks {len(lost)} files that were loaded, such as {lost[0]}; expected all, since a"
            " rebuild without them loses their deliveries; --accept-loss goes on without them"
        )


def _division(layout: Layout, before: Collection[Manifest], files: set[str]) -> Iterator[Manifest]:
    """Those landing files in the batches that they were loaded in, and in new ones where they were in none."""
    left = set(files)
    for manifest in before:
        if manifest.landing_files.keys() <= left:
            left -= manifest.landing_files.keys()
            again = dict.fromkeys(manifest.landing_files, 0)
            yield Manifest(manifest.batch_id, again, committed_at=manifest.committed_at)
    yield from divide(layout, sorted(left))


def _make(manifest: Manifest, aside: Layout) -> Counter[str]:
    made = flatten_batch(manifest, layout=aside)
    write_manifest(commit_path(aside, made.batch_id), replace(made, committed_at=manifest.committed_at or now()))
    return Counter(made.outcomes | {"batches": 1, "landed": made.landed})


def _catch_up(layout: Layout, aside: Layout, days: Days | None) -> Counter[str]:
    """Take over what was loaded into the lake in use since it was looked at: nothing loaded is pending again."""
    kept, before = _kept_and_remade(layout, days)
    there = loaded_files(aside)
    made = Counter(kept=_keep(layout, aside, [one for one in kept if not there & one.landing_files.keys()]))
    loaded = {name for manifest in before for name in manifest.landing_files}
    for manifest in _division(layout, before, loaded & set(landing_files(layout.landing)) - there):
        made += _make(manifest, aside)
    return made


def _keep_planned(layout: Layout, aside: Layout) -> None:
    """Batches on their way are planned in the new lake too; what was flattened of them is flattened again."""
    loaded = loaded_files(aside)
    for path in resolve_lake(layout).prepared.glob("*.json"):
        with suppress(LakeError):
            manifest = read_manifest(path)
            if not loaded & manifest.landing_files.keys():
                planned = Manifest(manifest.batch_id, dict.fromkeys(manifest.landing_files, 0))
                write_manifest(prepared_path(aside, manifest.batch_id), planned)
