"""What a backup must hold, and a restored home be: all that was backed up, unchanged, or nothing at all."""

import shutil
from pathlib import Path

from prove.figures import Figures
from sighten_warehouse.backup.record import backups, read_backup, read_last_backup
from sighten_warehouse.errors import BackupError
from sighten_warehouse.landing.files import digest_of
from sighten_warehouse.settings import read_settings

BACKUPS = "backups"  # the folder beside a home
PROMISE = "a restored home is what was backed up"


def check_restored(home: Path, figures: Figures) -> None:
    """Compare each file of the restored home, if it is there, with its digest in the backup; then remove the home."""
    layout = read_settings({"SIGHTEN_HOME": str(home)}).layout
    if not layout.root.exists():
        return
    figures.restored += 1
    last = read_last_backup(layout)
    if last is None:
        figures.breaks(PROMISE, "it does not record of which backup it is", home)
    elif altered := _altered(layout.root, Path(last.folder), made_at=last.made_at.isoformat()):
        figures.breaks(PROMISE, f"{len(altered)} files differ: {altered[:3]}", home)
        return
    shutil.rmtree(layout.root)


def _altered(root: Path, folder: Path, *, made_at: str) -> list[str]:
    """The files that differ from the backup of that time; none if it was removed since."""
    for path in backups(folder):
        try:
            backup = read_backup(path)
        except BackupError:
            continue
        if backup.made_at.isoformat() == made_at:
            return [
                name
                for name, stored in backup.files.items()
                if not _is(root / name, stored.sha256) and not _is_left_out(root / name, path / name, stored.sha256)
            ]
    return []


def _is_left_out(path: Path, source: Path, sha256: str) -> bool:
    """Whether the file is not there, because it is damaged in the backup."""
    return not path.exists() and source.exists() and not _is(source, sha256)


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and digest_of(path) == sha256
