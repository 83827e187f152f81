"""Restore a backup into an empty home: beside it first, and by one rename once every file is there and whole."""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from sighten_warehouse.backup.copying import UnreadableError, copy_file, digest_or_refuse
from sighten_warehouse.backup.record import RECORD, Backup, LastBackup, backups, read_backup, write_last_backup
from sighten_warehouse.durable import (
    OWNER_ONLY,
    ensure_folder,
    explaining_disk,
    point_link,
    remove,
    remove_any,
    remove_folder,
    rename,
    sync,
)
from sighten_warehouse.errors import BackupError, SettingError
from sighten_warehouse.landing.format import check_format
from sighten_warehouse.layout import Layout
from sighten_warehouse.remotes import remote_of, shown_place
from sighten_warehouse.settings import Settings

log = structlog.get_logger()

SHOWN = 20

OnProgress = Callable[[int, int], object]


@dataclass(frozen=True)
class Restored:
    """What was restored, from which backup; `damaged`: path below the home → what is wrong, if it was left out."""

    source: Path
    backup: Backup
    damaged: dict[str, str]


def check_backup(source: Path, *, on_progress: OnProgress = lambda _done, _all: None) -> Restored:
    """Read every file of the backup and compare its digest; changes nothing.

    `source`: a backup, or a folder of backups, of which the newest complete one is taken. `on_progress` receives the
    number of bytes read, and of all.

    Raises:
        BackupError: there is no complete backup.
        FormatError: newer code wrote it.
    """
    path, backup = _open(source)
    total, done = sum(stored.size for stored in backup.files.values()), 0
    damaged = {}
    for name, stored in backup.files.items():
        if problem := _problem(path / name, stored.sha256):
            damaged[name] = problem
        done += stored.size
        on_progress(done, total)
    return Restored(path, backup, damaged)


def restore(
    settings: Settings,
    source: Path,
    *,
    without_damaged: bool = False,
    on_progress: OnProgress = lambda _done, _all: None,
) -> Restored:
    """Restore a backup into the home, which must be empty; a crash leaves it empty.

    Each file is compared with its digest. `without_damaged` leaves out those that differ. Others as `check_backup`.

    Raises:
        SettingError: the home is not empty, or the backup is of another environment.
        BackupError: files of the backup are damaged or missing; or another restore runs.
        FormatError: newer code wrote the backup, or landing or lake in it.
        StorageError: the disk refused a write.
    """
    path, backup = _open(source)
    root = settings.layout.root
    if remote_of(root):
        raise SettingError(
            f"SIGHTEN_HOME: {shown_place(root)}: a backup is not restored to object storage; expected a folder. Restore"
            " it there, then copy it to the store (docs/object-storage.md#move-a-home-there)"
        )
    _refuse_unfit(settings, path, backup)
    with explaining_disk(root.parent), _beside(root) as aside:
        damaged = _copy_all(path, backup, aside, on_progress)
        if damaged and not without_damaged:
            remove_folder(aside)
            raise BackupError(_refusal(path, damaged))
        layout = Layout(aside)
        if backup.lake:
            _place_lake(layout, backup.lake)
        write_last_backup(layout, LastBackup(backup.made_at, str(path.parent)))
        for parent, _, _ in os.walk(aside, topdown=False):
            sync(Path(parent))
        _refuse_used(root)
        rename(aside, root)
        sync(root.parent)
    log.info("restored", files=len(backup.files), damaged=len(damaged))
    return Restored(path, backup, damaged)


def _open(source: Path) -> tuple[Path, Backup]:
    """The backup that is there, or the newest complete one of those that are."""
    source = source.expanduser().resolve()
    if (source / RECORD).is_file():
        return source, read_backup(source)
    known = backups(source)
    if not known:
        raise BackupError(
            f"{source}: holds no complete backup; expected the folder given to `sighten-warehouse backup`, or one of"
            f" the backups in it, which has a {RECORD}"
        )
    return known[-1], read_backup(known[-1])


def _refuse_unfit(settings: Settings, path: Path, backup: Backup) -> None:
    root = settings.layout.root
    check_format(path / "landing", "landing")
    check_format(path / "lake", "lake")
    if backup.environment != settings.env:
        raise SettingError(f"SIGHTEN_ENV: {settings.env}; expected {backup.environment}, of which {path} is a backup")
    if path.is_relative_to(root):
        raise SettingError(f"SIGHTEN_HOME: the backup {path} is in the home {root}; expected a home apart from it")
    if root.is_mount():
        raise SettingError(
            f"SIGHTEN_HOME: {root} is a mount point, into which no restore can be renamed; expected the disk to be"
            f" mounted at {root.parent} or above"
        )
    _refuse_used(root)


def _refuse_used(root: Path) -> None:
    if root.exists() and not root.is_dir():
        raise SettingError(f"SIGHTEN_HOME, SIGHTEN_ENV: {root} is a file; expected an empty folder, or none")
    found = sorted(path.name for path in root.iterdir()) if root.is_dir() else []
    if found:
        listed = ", ".join(found[:3]) + (", …" if found[3:] else "")
        raise SettingError(
            f"SIGHTEN_HOME, SIGHTEN_ENV: {root} is not empty ({listed}); expected an empty folder, or none. Stop what"
            " uses it, and move it away (docs/runbook.md#restore)"
        )


@contextmanager
def _beside(root: Path) -> Iterator[Path]:
    """An empty folder beside the home, on the same disk, for this process alone."""
    ensure_folder(root.parent)
    aside = root.with_name(f".{root.name}.restoring")
    ensure_folder(aside, mode=OWNER_ONLY)
    lock = os.open(aside, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for leftover in aside.iterdir():  # of a restore that was killed
            remove_any(leftover)
        yield aside
    except BlockingIOError:
        raise BackupError(f"{aside}: another restore into this home runs; expected to be alone") from None
    finally:
        os.close(lock)


def _copy_all(path: Path, backup: Backup, aside: Path, on_progress: OnProgress) -> dict[str, str]:
    total, done = sum(stored.size for stored in backup.files.values()), 0
    damaged = {}
    for name, stored in backup.files.items():
        try:
            found = copy_file(path / name, aside / name, as_stored=stored)
        except UnreadableError as error:
            damaged[name] = f"{error} in the backup"
        else:
            if found.sha256 != stored.sha256:
                remove(aside / name)
                damaged[name] = "not what was backed up"
        done += stored.size
        on_progress(done, total)
    return damaged


def _place_lake(layout: Layout, name: str) -> None:
    """Give the lake its name of before, and point the link `lake` to it."""
    if name != layout.lake.name and layout.lake.is_dir():
        rename(layout.lake, layout.root / name)
        point_link(layout.lake, layout.root / name)


def _problem(path: Path, sha256: str) -> str | None:
    try:
        return None if digest_or_refuse(path) == sha256 else "not what was backed up"
    except UnreadableError as error:
        return f"{error} in the backup"


def _refusal(path: Path, damaged: dict[str, str]) -> str:
    listed = "".join(f"\n  {name}: {problem}" for name, problem in list(damaged.items())[:SHOWN])
    more = f"\n  and {len(damaged) - SHOWN:,} more" if len(damaged) > SHOWN else ""
    return (
        f"{path}: {len(damaged):,} files are damaged:{listed}{more}\nNothing was restored. Expected a whole backup:"
        " take an earlier one, or restore the rest with --without-damaged"
    )
