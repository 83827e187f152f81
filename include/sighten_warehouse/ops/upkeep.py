"""Whether the home is looked after: nightly maintenance, backups and free disk space."""

import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta

from sighten_warehouse.backup.record import read_last_backup
from sighten_warehouse.lake.compaction import unmerged_since
from sighten_warehouse.layout import Layout
from sighten_warehouse.publish.version import Version
from sighten_warehouse.settings import Settings

OVERDUE = timedelta(days=2)  # both run once a day


def overdue_maintenance(layout: Layout, known: Sequence[Version], *, now: datetime) -> dict[str, datetime]:
    """What did not run for two days: `compaction` or `proof`, with the time since when it is due."""
    due = {"compaction": unmerged_since(layout), "proof": _proved_or_begun(known)}
    times = {name: datetime.fromisoformat(time) for name, time in due.items() if time}
    return {name: time for name, time in times.items() if now - time > OVERDUE}


def backup_due(settings: Settings, known: Sequence[Version]) -> datetime | None:
    """When the home was last backed up; if it never was and SIGHTEN_BACKUP_TO is set, when it was first published."""
    if last := read_last_backup(settings.layout):
        return last.made_at
    first = next((version.published_at for version in known if version.published_at), None)
    return datetime.fromisoformat(first) if first and settings.backup_to else None


def _proved_or_begun(known: Sequence[Version]) -> str | None:
    """When a version was last made anew and compared; if none was, when the first was published."""
    compared = [version.published_at for version in known if version.differing is not None]
    return compared[-1] if compared else next((version.published_at for version in known if version.published_at), None)


def free_disk(layout: Layout) -> dict[str, int]:
    """The free bytes of each disk that holds a folder of the home, by the first such folder."""
    folders = [layout.root, layout.landing, layout.lake, layout.vault, layout.published, layout.work]
    disks = {folder.stat().st_dev: folder for folder in reversed(folders) if folder.is_dir()}
    return {str(folder): shutil.disk_usage(folder).free for folder in reversed(disks.values())}
