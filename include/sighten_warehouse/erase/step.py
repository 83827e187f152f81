"""Erase: begin with a receipt, remake what mentions it from the rest of landing, and remove everything older."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from msgspec.structs import replace

from sighten_warehouse.backup.record import read_last_backup
from sighten_warehouse.clock import Clock
from sighten_warehouse.durable import hidden_files, remove_files
from sighten_warehouse.erase.files import erase_files, unknown_files
from sighten_warehouse.erase.subject import Subject, digests_of
from sighten_warehouse.erase.vault import documents_of, erase_vault, land_as_erased
from sighten_warehouse.erase.versions import count_published, remove_published_before
from sighten_warehouse.landing.erasures import (
    Erasure,
    Tombstones,
    new_tombstones,
    read_tombstones,
    unfinished_erasures,
    write_erasure,
)
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.load.erased import RestOfLanding
from sighten_warehouse.load.step import load
from sighten_warehouse.locks import one_writer
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.publish.copies import read_copies, write_copies_again
from sighten_warehouse.publish.version import Version
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

ID = "%Y%m%dT%H%M%S.%fZ"


@dataclass(frozen=True)
class Erased:
    """The result: the receipts, what the person who erases has to look at (place → why), and the published version."""

    erasures: tuple[Erasure, ...] = ()
    left: dict[str, str] = field(default_factory=dict)
    version: Version | None = None

    @property
    def is_unfinished(self) -> bool:
        """Whether `resume` has to be called again."""
        return any(erasure.finished_at is None for erasure in self.erasures)


@dataclass(frozen=True)
class Run:
    """How to run it: the processes to flatten in, what each calls first, and the clock."""

    jobs: int = 1
    on_start: Callable[[], object] | None = None
    on_progress: Callable[[int, int], None] = lambda _done, _all: None
    clock: Clock = field(default_factory=Clock)


def preview(settings: Settings, subject: Subject) -> dict[str, int]:
    """Count what `erase` would erase, by place; changes nothing.

    Raises:
        LakeError: commits contradict each other.
    """
    tombstones = new_tombstones(settings.layout, dry_run=True)
    return _count(settings, subject, digests_of(subject, settings.layout, tombstones), tombstones)[0]


def erase(settings: Settings, subject: Subject, run: Run | None = None) -> Erased:
    """Erase the subject from everything that the home holds, and let nothing bring it back; finish earlier erasures.

    Loads, publishes and readers continue meanwhile. After a crash the next call, or `resume`, finishes it; until then
    `status` says so.

    Raises:
        LakeError: a landing file is not what was loaded from it, or commits contradict each other.
        CheckError: a check of the new lake failed; the receipt stays unfinished.
        StorageError: the disk refused a write.
    """
    run = run or Run()
    layout = settings.layout
    with one_writer(layout, "erase"):
        load(settings, jobs=run.jobs, on_start=run.on_start)  # afterwards the lake knows every id that goes with it
        known = new_tombstones(layout, dry_run=False)
        if subject.digest(known) in {each.digest for each in unfinished_erasures(layout)}:
            return _finish(settings, run)  # it was interrupted
        digests = digests_of(subject, layout, known)
        now = run.clock.now()
        counts, documents = _count(settings, subject, digests, known)
        if subject.what == "email" and documents:
            land_as_erased(layout, documents, clock=run.clock)
        erasure = Erasure(
            erasure_id=now.strftime(ID),
            what=subject.what,
            digest=subject.digest(known),
            digests=tuple(digests),
            begun_at=now.isoformat(timespec="seconds"),
            vault=tuple(sorted(documents)),
            erased=counts,
        )
        write_erasure(layout, erasure)
        return _finish(settings, run)


def resume(settings: Settings, run: Run | None = None) -> Erased:
    """Finish the erasures that were begun, if any.

    Raises:
        As `erase`.
    """
    with one_writer(settings.layout, "erase"):
        return _finish(settings, run or Run()) if unfinished_erasures(settings.layout) else Erased()


def _count(
    settings: Settings, subject: Subject, digests: list[str], known: Tombstones
) -> tuple[dict[str, int], set[str]]:
    """What there is to erase, by place, and the files of the vault among it."""
    layout = settings.layout
    only = known.only(what=subject.what, digests=digests)
    landing = RestOfLanding(layout, only)
    for name in landing_files(layout.landing):
        landing.count(name)
    documents = documents_of(subject.what, layout, only)
    counts = {
        "landing lines": landing.lines,
        "landing files": len(landing.files),
        "documents": len(documents),
        **count_published(settings),
        "portable copies": len(read_copies(layout)),
    }
    return counts, documents


def _finish(settings: Settings, run: Run) -> Erased:
    layout = settings.layout
    begun = unfinished_erasures(layout)
    leftovers = hidden_files(layout.root)
    load(settings, jobs=run.jobs, on_start=run.on_start)
    tombstones = read_tombstones(layout)
    landing = RestOfLanding(layout, tombstones)
    rebuilt = rebuild(settings, erased=landing, jobs=run.jobs, on_start=run.on_start, on_progress=run.on_progress)
    remove_published_before(settings)
    _, failed = write_copies_again(layout)
    erase_vault(layout, {name for erasure in begun for name in erasure.vault}, tombstones)
    erase_files(layout, tombstones)
    remove_files(leftovers)  # a receiver whose file goes answers 503
    left = {f"{layout.landing / name}": "damaged, and so not read to its end" for name in sorted(landing.unreadable)}
    left |= {path: f"not written again: {why}" for path, why in failed.items()}
    if last := read_last_backup(layout):
        left[last.folder] = "backups from before hold it until `sighten-warehouse backup --keep 1`"
    left |= {str(path): "not a file of this product, and so not looked into" for path in unknown_files(layout)}
    finished_at = run.clock.now().isoformat(timespec="seconds")
    if failed:
        return Erased(tuple(begun), left, rebuilt.version)
    finished = [replace(each, finished_at=finished_at, vault=(), version=rebuilt.version.version) for each in begun]
    for erasure in finished:
        write_erasure(layout, erasure)
        log.info("erased", erasure_id=erasure.erasure_id, what=erasure.what, **_fields(erasure))
    return Erased(tuple(finished), left, rebuilt.version)


def _fields(erasure: Erasure) -> dict[str, int]:
    return {place.replace(" ", "_"): count for place, count in erasure.erased.items()}
