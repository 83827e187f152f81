"""Which sites failed when they were last pulled, and why: one small file each, so that it survives any restart."""

from datetime import datetime

import msgspec

from sighten_warehouse.backfill.rest.listed_sites import ListedSite
from sighten_warehouse.durable import write_durably
from sighten_warehouse.errors import StorageError, WarehouseError
from sighten_warehouse.layout import Layout


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The last attempt at a site.

    Args:
        site_id: the site.
        site_updated_at: when it was last updated, as the list had it then; None if it did not tell.
        error: the class of the error.
        said: its message, which names nobody.
        attempts: how many failed one after the other.
        failed_at: when the last one did.
    """

    site_id: str
    site_updated_at: datetime | None
    error: str
    said: str
    attempts: int
    failed_at: datetime


def failures(layout: Layout) -> dict[str, Failure]:
    """All of them, by site."""
    found = {}
    for path in layout.failed_sites.glob("[!.]*.json"):
        try:
            failure = msgspec.json.decode(path.read_bytes(), type=Failure)
        except (FileNotFoundError, msgspec.MsgspecError):  # forgotten in the meantime, or no file of ours
            continue
        found[failure.site_id] = failure
    return found


def note_failure(layout: Layout, site: ListedSite, error: WarehouseError, *, attempts: int, now: datetime) -> None:
    """The site failed just now, for the so many-th time in a row.

    Raises:
        StorageError: the disk refused.
    """
    failure = Failure(
        site_id=site.site_id,
        site_updated_at=site.updated_at,
        error=type(error).__name__,
        said=str(error),
        attempts=attempts,
        failed_at=now,
    )
    path = layout.failed_sites / f"{site.site_id}.json"
    try:
        write_durably(path, msgspec.json.encode(failure))
    except OSError as refused:
        raise StorageError(f"{path}: {refused.strerror}, expected to note a failure there") from refused


def forget_failure(layout: Layout, site: ListedSite) -> None:
    """The site did not fail, or does not count any more."""
    (layout.failed_sites / f"{site.site_id}.json").unlink(missing_ok=True)
