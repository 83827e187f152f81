"""Queries the lake for documents: which are due, which are stored, and the progress of all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.downloader import DueDocument
from sighten_warehouse.querying import open_models
from sighten_warehouse.settings import Settings

CREATION_TYPES_SCHEMA = pa.schema([("creation_type", pa.string())])
_DUE, _WANTED, _DOWNLOADS = "enrich.due_documents", "enrich.wanted_documents", "ops.downloads"
_PROGRESS = "enrich.download_progress"
_DUE_COLUMNS = "document_id, sub_task_id, name"


@dataclass(frozen=True)
class StoredDocument:
    """A document that is recorded as stored in the vault."""

    document_id: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class DownloadProgress:
    """How many current documents have a download status; `not_tried` is one too.

    `next_attempt_at`: the earliest next attempt at one of them, UTC.
    """

    download_status: str
    documents: int
    size_bytes: int | None
    next_attempt_at: datetime | None


def due_documents(settings: Settings, *, clock: Clock) -> list[DueDocument]:
    """Return the documents to download now, the newest first: somebody may be waiting for them."""
    with _open_models(settings, [_DUE], clock=clock) as connection:
        sql = f"select {_DUE_COLUMNS} from {_DUE} order by date_created desc, document_id"
        return [DueDocument(*row) for row in connection.execute(sql).fetchall()]


def known_document(settings: Settings, document_id: str, *, clock: Clock) -> tuple[DueDocument, StoredDocument | None]:
    """Return a document as one to download, due or not, and its stored copy if there is one."""
    with _open_models(settings, [_WANTED, _DOWNLOADS], clock=clock) as connection:
        sql = f"select {_DUE_COLUMNS} from {_WANTED} where document_id = ?"
        matches = [DueDocument(*row) for row in connection.execute(sql, [document_id]).fetchall()]
        stored = [document for document in _stored(connection) if document.document_id == document_id]
    return (matches or [DueDocument(document_id)])[0], stored[0] if stored else None


def stored_documents(settings: Settings, *, clock: Clock) -> list[StoredDocument]:
    """Return all documents recorded as stored, current or not."""
    with _open_models(settings, [_DOWNLOADS], clock=clock) as connection:
        return _stored(connection)


def progress(settings: Settings, *, clock: Clock) -> list[DownloadProgress]:
    """Count the documents by download status, the most frequent first."""
    with _open_models(settings, [_PROGRESS], clock=clock) as connection:
        columns = "download_status, documents, size_bytes, next_attempt_at"
        sql = f"select {columns} from {_PROGRESS} order by documents desc, download_status"
        return [DownloadProgress(*row) for row in connection.execute(sql).fetchall()]


def _stored(connection: duckdb.DuckDBPyConnection) -> list[StoredDocument]:
    stored = f"from {_DOWNLOADS} where download_status = 'stored' order by document_id"
    sql = f"select document_id, sha256, size_bytes {stored}"
    return [StoredDocument(*row) for row in connection.execute(sql).fetchall()]


@contextmanager
def _open_models(settings: Settings, models: Sequence[str], *, clock: Clock) -> Iterator[duckdb.DuckDBPyConnection]:
    types = pa.table({"creation_type": list(settings.document_creation_types)}, schema=CREATION_TYPES_SCHEMA)
    variables = {"asked_at": clock.now().replace(tzinfo=None)}
    with open_models(settings.layout, models, inputs={"creation_types": types}, variables=variables) as connection:
        yield connection
