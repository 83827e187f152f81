"""Retention: what was kept for as many days as the settings say, and is not needed for a current row, goes."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import structlog

from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.due import stored_documents
from sighten_warehouse.documents.vault import name_in_vault
from sighten_warehouse.duckdb_errors import explain_lock
from sighten_warehouse.erase.vault import land_as_erased
from sighten_warehouse.lake.pull import refresh_vault
from sighten_warehouse.landing.erasures import read_tombstones
from sighten_warehouse.load.erased import RestOfLanding, remove_documents
from sighten_warehouse.locks import one_writer
from sighten_warehouse.models import macros, models
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.publish.versions import pull_newest
from sighten_warehouse.remotes import exists, modified_at
from sighten_warehouse.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True)
class Expired:
    """How many deliveries lost their body, and how many documents left the vault."""

    deliveries: int = 0
    documents: int = 0


def expire(settings: Settings, *, clock: Clock | None = None) -> Expired:
    """Apply SIGHTEN_KEPT_RAW_DAYS and SIGHTEN_KEPT_DOCUMENT_DAYS; a version without the old rows is published at once.

    Versions and lakes from before go as the next versions come. Killed, it changed nothing or everything of landing.

    Raises:
        LakeError: a landing file is not what was loaded from it.
        StorageError: the disk refused a write.
    """
    now = (clock or Clock()).now()
    with one_writer(settings.layout, "erase"):
        documents = _expire_documents(settings, now, clock or Clock())
        deliveries = _expired_deliveries(settings, now)
        landing = RestOfLanding(settings.layout, read_tombstones(settings.layout), expired=deliveries)
        if deliveries:
            rebuild(settings, erased=landing)
    expired = Expired(landing.lines, documents)
    log.info("expired", deliveries=expired.deliveries, documents=expired.documents)
    return expired


def _expired_deliveries(settings: Settings, now: datetime) -> list[str]:
    """The deliveries of the published version that no current row needs any more."""
    if settings.kept_raw_days is None:
        return []
    path = pull_newest(settings).layout.warehouse_file
    if not path.exists():
        return []
    kept_from = (now - timedelta(days=settings.kept_raw_days)).replace(tzinfo=None)
    with explain_lock(path), duckdb.connect(str(path), read_only=True) as connection:
        connection.execute(macros("duckdb"))
        connection.execute("set variable kept_from = ?", [kept_from])
        return [row[0] for row in connection.execute(str(models()["erase.expired"].select)).fetchall()]


def _expire_documents(settings: Settings, now: datetime, clock: Clock) -> int:
    if settings.kept_document_days is None:
        return 0
    layout = settings.layout
    kept_from = now.timestamp() - timedelta(days=settings.kept_document_days).total_seconds()
    with one_writer(layout, "documents"):
        names = {document.sha256 for document in stored_documents(settings, clock=clock)}
        refresh_vault(layout)
        paths = {name: layout.vault / name_in_vault(name) for name in names}
        old = [name for name, path in paths.items() if exists(path) and modified_at(path) < kept_from]
        if old:
            land_as_erased(layout, old, clock=clock)
            remove_documents(layout, old)
    return len(old)
