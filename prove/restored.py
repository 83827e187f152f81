"""What a backup must hold, and a restored home be: all that was backed up, unchanged, or nothing at all."""

import shutil
from pathlib import Path

from prove.figures import Figures
from sighten_warehouse.backup.record import Backup, backups, read_backup, read_last_backup
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
    backup = None if last is None else _find(Path(last.folder), made_at=last.made_at.isoformat())
    if last is None:
        figures.breaks(PROMISE, "it does not record of which backup it is", home)
    elif backup is not None:
        altered = [name for name, stored in backup.files.items() if not _is(layout.root / name, stored.sha256)]
        if altered:
            figures.breaks(PROMISE, f"{len(altered)} of {len(backup.files)} files differ: {altered[:3]}", home)
            return
    shutil.rmtree(layout.root)


def _find(folder: Path, *, made_at: str) -> Backup | None:
    """The backup of that time; None if it was removed since."""
    for path in backups(folder):
        try:
            backup = read_backup(path)
        except BackupError:
            continue
        if backup.made_at.isoformat() == made_at:
            return backup
    return None


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and digest_of(path) == sha256
