"""What is known of documents: which are due, which are stored and where, and how far all of them are."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.downloader import DueDocument
from sighten_warehouse.load.query import open_models
from sighten_warehouse.settings import Settings

CREATION_TYPES_SCHEMA = pa.schema([("creation_type", pa.string())])
_DUE, _WANTED, _DOWNLOADS = "enrich.due_documents", "enrich.wanted_documents", "ops.downloads"
_PROGRESS = "enrich.download_progress"
_LISTED = "document_id, sub_task_id, name"


@dataclass(frozen=True)
class StoredDocument:
    """A document that is in the vault, as far as is recorded."""

    document_id: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class DownloadProgress:
    """How many current documents have that status; `not_tried` is one too.

    `next_attempt_at`: from when on the first of them is tried again, UTC.
    """

    download_status: str
    documents: int
    size_bytes: int | None
    next_attempt_at: datetime | None


def due_documents(settings: Settings, *, clock: Clock) -> list[DueDocument]:
    """Those to download now; the newest first: somebody may be waiting for them."""
    with _known(settings, [_DUE], clock=clock) as connection:
        sql = f"select {_LISTED} from {_DUE} order by date_created desc, document_id"
        return [DueDocument(*row) for row in connection.execute(sql).fetchall()]


def known_document(settings: Settings, document_id: str, *, clock: Clock) -> tuple[DueDocument, StoredDocument | None]:
    """That document as one to download, wanted or not, and where its bytes are if they are stored."""
    with _known(settings, [_WANTED, _DOWNLOADS], clock=clock) as connection:
        sql = f"select {_LISTED} from {_WANTED} where document_id = ?"
        wanted = [DueDocument(*row) for row in connection.execute(sql, [document_id]).fetchall()]
        stored = [one for one in _stored(connection) if one.document_id == document_id]
    return (wanted or [DueDocument(document_id)])[0], stored[0] if stored else None


def stored_documents(settings: Settings, *, clock: Clock) -> list[StoredDocument]:
    """Those that are recorded as stored, current or not."""
    with _known(settings, [_DOWNLOADS], clock=clock) as connection:
        return _stored(connection)


def progress(settings: Settings, *, clock: Clock) -> list[DownloadProgress]:
    """How far the documents are that are downloaded; the status that most have comes first."""
    with _known(settings, [_PROGRESS], clock=clock) as connection:
        listed = "download_status, documents, size_bytes, next_attempt_at"
        sql = f"select {listed} from {_PROGRESS} order by documents desc, download_status"
        return [DownloadProgress(*row) for row in connection.execute(sql).fetchall()]


def _stored(connection: duckdb.DuckDBPyConnection) -> list[StoredDocument]:
    stored = f"from {_DOWNLOADS} where download_status = 'stored' order by document_id"
    sql = f"select document_id, sha256, size_bytes {stored}"
    return [StoredDocument(*row) for row in connection.execute(sql).fetchall()]


@contextmanager
def _known(settings: Settings, wanted: Sequence[str], *, clock: Clock) -> Iterator[duckdb.DuckDBPyConnection]:
    types = pa.table({"creation_type": list(settings.document_creation_types)}, schema=CREATION_TYPES_SCHEMA)
    variables = {"asked_at": clock.now().replace(tzinfo=None)}
    with open_models(settings.layout, wanted, inputs={"creation_types": types}, variables=variables) as connection:
        yield connection
