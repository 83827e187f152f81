"""Rebuild: make the lake anew from landing, by today's rules, and swap it in."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake import (
    Manifest,
    commit_files,
    commit_path,
    loaded_files,
    oldest_first,
    prepared_path,
    read_manifest,
    write_manifest,
)
from sighten_warehouse.lake_folder import new_lake, pinned, swap_in
from sighten_warehouse.landing import landing_files
from sighten_warehouse.layout import Layout
from sighten_warehouse.load import divide, flatten_batch, now
from sighten_warehouse.locks import one_writer
from sighten_warehouse.publish import publish
from sighten_warehouse.settings import Settings
from sighten_warehouse.versions import Version

log = structlog.get_logger()

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Rebuilt:
    """What the new lake holds, and the version that was published of it."""

    batches: int
    landed: int
    outcomes: dict[str, int]
    version: Version


def rebuild(settings: Settings, *, accept_loss: bool = False, tell: Tell = lambda _done, _all: None) -> Rebuilt:
    """Make a new lake of everything in landing, swap it in, and publish it; loads and readers go on meanwhile.

    Batches that were committed keep their names and times. `tell` hears how many batches are made, of how many.

    Raises:
        LakeError: landing lacks files that were loaded, and `accept_loss` does not say to go on without them.
    """
    layout = settings.layout
    with one_writer(layout, "rebuild"):
        before = _batches_before(layout)
        if not accept_loss:
            _refuse_loss(layout, before)
        aside = new_lake(layout)
        made: Counter[str] = Counter()
        todo = list(_division(layout, before, set(landing_files(layout.landing))))
        for number, manifest in enumerate(todo, 1):
            made += _make(manifest, aside)
            tell(number, len(todo))
        with one_writer(layout, "publish"), one_writer(layout, "commit"):
            made += _catch_up(layout, aside)
            _keep_planned(layout, aside)
            swap_in(layout, aside)
    log.info("rebuilt", **made)
    return Rebuilt(made.pop("batches", 0), made.pop("landed", 0), dict(made), publish(settings))


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


def _catch_up(layout: Layout, aside: Layout) -> Counter[str]:
    """Make what was loaded into the lake in use since it was looked at, so that nothing loaded is pending again."""
    before = _batches_before(layout)
    loaded = {name for manifest in before for name in manifest.landing_files}
    made: Counter[str] = Counter()
    for manifest in _division(layout, before, loaded & set(landing_files(layout.landing)) - loaded_files(aside)):
        made += _make(manifest, aside)
    return made


def _keep_planned(layout: Layout, aside: Layout) -> None:
    """Batches on their way are planned in the new lake too; what was flattened of them is flattened again."""
    loaded = loaded_files(aside)
    for path in pinned(layout).prepared.glob("*.json"):
        with suppress(LakeError):
            manifest = read_manifest(path)
            if not loaded & manifest.landing_files.keys():
                planned = Manifest(manifest.batch_id, dict.fromkeys(manifest.landing_files, 0))
                write_manifest(prepared_path(aside, manifest.batch_id), planned)
