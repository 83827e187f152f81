"""The sites whose last pull failed, and why: one small file each."""

from datetime import datetime

import msgspec

from sighten_warehouse.backfill.rest.listed_sites import ListedSite
from sighten_warehouse.durable import remove, write_durably
from sighten_warehouse.errors import StorageError, WarehouseError
from sighten_warehouse.layout import Layout


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The last failed attempt at a site, as stored in its file.

    Args:
        site_id: the site.
        site_updated_at: its last update by the list of sites at that time; None if the list had none.
        error: the class of the error.
        message: its message, which holds no names.
        attempts: number of failed attempts in a row.
        failed_at: when the last one failed.
    """

    site_id: str
    site_updated_at: datetime | None
    error: str
    message: str = msgspec.field(name="said")  # the key in files of earlier versions
    attempts: int
    failed_at: datetime


def failures(layout: Layout) -> dict[str, Failure]:
    """Read all failures, by site."""
    found = {}
    for path in layout.failed_sites.glob("[!.]*.json"):
        try:
            failure = msgspec.json.decode(path.read_bytes(), type=Failure)
        except (FileNotFoundError, msgspec.MsgspecError):  # removed meanwhile, or not a file of ours
            continue
        found[failure.site_id] = failure
    return found


def note_failure(layout: Layout, site: ListedSite, error: WarehouseError, *, attempts: int, now: datetime) -> None:
    """Write the site's failure; `attempts` counts those that failed in a row.

    Raises:
        StorageError: the disk refused a write.
    """
    failure = Failure(
        site_id=site.site_id,
        site_updated_at=site.updated_at,
        error=type(error).__name__,
        message=str(error),
        attempts=attempts,
        failed_at=now,
    )
    path = layout.failed_sites / f"{site.site_id}.json"
    try:
        write_durably(path, msgspec.json.encode(failure))
    except OSError as disk_error:
        raise StorageError(f"{path}: {disk_error.strerror}, expected to write a failure there") from disk_error


def forget_failure(layout: Layout, site: ListedSite) -> None:
    """Remove the site's failure, if there is one."""
    remove(layout.failed_sites / f"{site.site_id}.json")
