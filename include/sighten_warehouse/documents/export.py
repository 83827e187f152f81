"""Writes one document to a file: from the vault, or from the API if it is not stored yet."""

import shutil
from pathlib import Path

from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.due import known_document
from sighten_warehouse.documents.errors import DownloadError
from sighten_warehouse.documents.step import download_each
from sighten_warehouse.documents.vault import is_whole, name_in_vault, sha256_of
from sighten_warehouse.durable import replace_durably
from sighten_warehouse.errors import StorageError, TransientError
from sighten_warehouse.lake.pull import refresh_vault
from sighten_warehouse.payload.answers.downloads import DownloadRecord
from sighten_warehouse.settings import Settings


def fetch_document(settings: Settings, document_id: str, *, to: Path, clock: Clock | None = None) -> str:
    """Write the document to `to`, atomically, replacing an existing file; return its SHA-256.

    A download from the API is recorded as by `download_documents`.

    Raises:
        DownloadError: it could not be downloaded.
        TransientError: it could not be requested now.
        StorageError: the vault or the file cannot be read or written.
        WarehouseError: as `download_documents`.
    """
    clock = clock or Clock()
    due, stored = known_document(settings, document_id, clock=clock)
    vault = settings.layout.vault
    refresh_vault(settings.layout)
    if stored and is_whole(vault / name_in_vault(stored.sha256)):
        sha256 = stored.sha256
    else:
        [outcome] = download_each(settings, [due], clock=clock, priority="live")
        sha256 = _sha256(outcome)
    _copy(vault / name_in_vault(sha256), to, sha256)
    return sha256


def _sha256(outcome: DownloadRecord | TransientError | None) -> str:
    if outcome is None:
        raise TransientError("the document: another process is downloading it; try again soon")
    if isinstance(outcome, TransientError):
        raise outcome
    if outcome.sha256 is None:
        raise DownloadError(outcome.download_status, message=outcome.reason or "", http_status=outcome.http_status)
    return outcome.sha256


def _copy(source: Path, to: Path, sha256: str) -> None:
    def write(hidden: Path) -> None:
        shutil.copyfile(source, hidden)
        if sha256_of(hidden) != sha256:
            raise StorageError(f"{source}: the content does not match the name, expected a file of the vault")

    try:
        replace_durably(to, write)
    except OSError as error:
        raise StorageError(f"{to}: {error.strerror}, expected to write the document there") from error
