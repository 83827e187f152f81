"""Back up a home while it is in use: a new tree beside the earlier ones, complete once it has its name."""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from sighten_warehouse.backup.contents import Entry, beside_history, history
from sighten_warehouse.backup.copying import Earlier, take
from sighten_warehouse.backup.record import (
    Backup,
    LastBackup,
    StoredFile,
    backups,
    new_name,
    read_backup,
    write_backup,
    write_last_backup,
)
from sighten_warehouse.clock import Clock
from sighten_warehouse.durable import OWNER_ONLY, ensure_folder, explaining_disk, remove, remove_folder, rename, sync
from sighten_warehouse.errors import BackupError, SettingError
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.lake.pull import refresh, refresh_vault
from sighten_warehouse.locks import one_writer
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

KEPT = 7
UNFINISHED, REMOVED = ".unfinished", ".removed"

OnProgress = Callable[[int, int], object]


@dataclass
class BackedUp:
    """A complete backup: its folder, the number of files, and what of them was copied.

    `problems`: path below the home → what is wrong with it. `removed`: the names of earlier backups that were removed.
    `kept_because`: why none was.
    """

    path: Path
    files: int = 0
    copied: int = 0
    copied_bytes: int = 0
    problems: dict[str, str] = field(default_factory=dict)
    removed: tuple[str, ...] = ()
    kept_because: str | None = None


def back_up(  # noqa: PLR0913  (all but the settings and the folder are options)
    settings: Settings,
    to: Path | None = None,
    *,
    verify: bool = False,
    keep: int = KEPT,
    clock: Clock | None = None,
    on_progress: OnProgress = lambda _done, _all: None,
) -> BackedUp:
    """Back the home up to the folder, or to SIGHTEN_BACKUP_TO; then remove all but the newest `keep` backups.

    Receiver, loads, publishes and readers go on; a compaction or rebuild waits while landing and lake are copied. A
    crash leaves the earlier backups, and the next call goes on where it was. Files that have not changed since the
    backup before are shared with it. `verify`: read every file, here and there, and compare digests. A file that is
    missing or altered is in `problems`, and then no earlier backup is removed.

    Raises:
        SettingError: there is no folder, it is in the home, or it holds backups of another environment.
        BackupError: another backup to this folder runs.
        LakeError, FormatError: landing or lake cannot be read.
        StorageError: the disk refused a write.
    """
    clock = clock or Clock()
    folder = _usable(settings, to)
    with explaining_disk(folder), _alone(folder):
        known = backups(folder)
        before = read_backup(known[-1]) if known else None
        _refuse_other(settings, folder, before)
        made = BackedUp(folder / new_name(clock.now(), known=known))
        files, lake, landed = _copy_all(
            settings,
            folder,
            Earlier(known[-1], before.files) if before else None,
            made,
            verify=verify,
            on_progress=on_progress,
        )
        now = clock.now()
        _finish(folder, made, Backup(environment=settings.env, made_at=now, lake=lake, landed=landed, files=files))
        write_last_backup(settings.layout, LastBackup(now, str(folder)))
        _remove_old(folder, made, keep=keep, has_shrunk=before is not None and landed * 2 < before.landed)
    log.info(
        "backed_up", files=made.files, copied=made.copied, copied_bytes=made.copied_bytes, problems=len(made.problems)
    )
    return made


def _usable(settings: Settings, to: Path | None) -> Path:
    to = to or settings.backup_to
    if to is None:
        raise SettingError("no folder for the backup; expected `sighten-warehouse backup FOLDER`, or SIGHTEN_BACKUP_TO")
    folder, root = to.expanduser().resolve(), settings.layout.root
    if folder.is_relative_to(root) or root.is_relative_to(folder):
        raise SettingError(f"{folder}: expected a folder for backups apart from the home {root}, best on another disk")
    if not folder.is_dir() and not folder.parent.is_dir():
        raise SettingError(
            f"{folder}: {folder.parent} is no folder; expected a folder for backups: is its disk mounted?"
        )
    if folder.exists() and not folder.is_dir():
        raise SettingError(f"{folder}: expected a folder for backups, got a file")
    return folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    ensure_folder(folder, mode=OWNER_ONLY)  # it holds personal data
    with (folder / ".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"{folder}: another backup to this folder runs; expected to be alone") from None
        yield


def _refuse_other(settings: Settings, folder: Path, before: Backup | None) -> None:
    if before and before.environment != settings.env:
        raise SettingError(
            f"{folder}: holds backups of SIGHTEN_ENV={before.environment}; expected a folder of its own for those of"
            f" {settings.env}"
        )


def _copy_all(  # noqa: PLR0913  (what to copy, where to, and what is known)
    settings: Settings, folder: Path, earlier: Earlier | None, made: BackedUp, *, verify: bool, on_progress: OnProgress
) -> tuple[dict[str, StoredFile], str, int]:
    """Copy the home to the unfinished tree; return its files, the name of the lake, and the deliveries in it."""
    target = folder / UNFINISHED
    ensure_folder(target, mode=OWNER_ONLY)
    earlier = earlier or Earlier(folder / UNFINISHED, {})
    files: dict[str, StoredFile] = {}

    def copy(entries: Iterable[Entry], done: int, total: int) -> None:
        for number, entry in enumerate(entries, done + 1):
            taken = take(entry, target, earlier, verify=verify)
            if taken.stored:
                files[entry.name] = taken.stored
            made.copied += bool(taken.copied)
            made.copied_bytes += taken.copied
            if taken.problem:
                made.problems[entry.name] = taken.problem
            on_progress(number, total)

    # No compaction or rebuild meanwhile: they exchange landing files together with the lake.
    with one_writer(settings.layout, "rebuild"):
        refresh(settings.layout, landing=False)
        layout = resolve_lake(settings.layout)
        found = history(layout)
        others = len(beside_history(layout))
        copy(found.entries, 0, len(found.entries) + others)
    refresh_vault(layout)
    # After landing: a document is in the vault before landing tells of it.
    beside = beside_history(layout)
    copy(beside, len(found.entries), len(found.entries) + len(beside))
    made.files = len(files)
    return files, layout.lake.name if layout.lake.is_dir() else "", found.landed


def _finish(folder: Path, made: BackedUp, backup: Backup) -> None:
    """Make the tree complete: nothing else in it, all of it on stable storage, and last its record and its name."""
    target = folder / UNFINISHED
    for parent, folders, names in os.walk(target, topdown=False):
        for name in names:
            path = Path(parent, name)
            if path.relative_to(target).as_posix() not in backup.files:
                remove(path)
        for name in folders:
            if not any(Path(parent, name).iterdir()):
                remove_folder(Path(parent, name))
        sync(Path(parent))
    write_backup(target, backup)
    rename(target, made.path)
    sync(folder)


def _remove_old(folder: Path, made: BackedUp, *, keep: int, has_shrunk: bool) -> None:
    """Remove all but the newest backups, unless those may hold what the home has lost."""
    remove_folder(folder / REMOVED)
    old = backups(folder)[:-keep]
    if old and (made.problems or has_shrunk):
        made.kept_because = "files are damaged" if made.problems else "the home holds less than half of the deliveries"
        return
    for path in old:
        rename(path, folder / REMOVED)  # so that a kill leaves no half backup with a name
        remove_folder(folder / REMOVED)
    made.removed = tuple(path.name for path in old)
