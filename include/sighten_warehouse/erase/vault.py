"""The documents of the vault that go with an erasure, and the parts of documents that are being downloaded."""

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path

from sighten_warehouse.api.collect import land_answers
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.step import to_answer
from sighten_warehouse.documents.vault import DAMAGED_FOLDER, PARTIAL_FOLDER, stored_files
from sighten_warehouse.durable import remove
from sighten_warehouse.landing.erasures import Tombstones, What
from sighten_warehouse.layout import Layout
from sighten_warehouse.load.erased import remove_documents, shared_documents, stored
from sighten_warehouse.locks import one_writer
from sighten_warehouse.payload.answers.downloads import DownloadRecord
from sighten_warehouse.payload.erased_line import mentions
from sighten_warehouse.remotes import files_in, present

_CHUNK = 8 * 1024 * 1024
_OVERLAP = 1024  # longer than an address


def documents_of(what: What, layout: Layout, tombstones: Tombstones) -> set[str]:
    """The files of the vault to remove: of erased documents, or those in whose plain bytes an erased address stands.

    A file that a document of somebody else has too stays in the first case and goes in the second.
    """
    if what == "email":
        return {path.name for path in stored_files(layout.vault) if _file_mentions(path, tombstones)}
    names = {sha256 for document_id, sha256 in stored(layout) if tombstones.is_erased_id(document_id)}
    return names - shared_documents(layout, names, tombstones)


def _file_mentions(path: Path, tombstones: Tombstones) -> bool:
    return any(mentions(chunk, tombstones) for chunk in _chunks(path))


def _chunks(path: Path) -> Iterator[bytes]:
    with present(path).open("rb") as file:
        before = b""
        while chunk := file.read(_CHUNK):
            yield before + chunk
            before = chunk[-_OVERLAP:]


def land_as_erased(layout: Layout, names: Collection[str], *, clock: Clock) -> None:
    """Land for each document in those files that it is erased, so that it is not downloaded again."""
    documents = sorted({document_id for document_id, sha256 in stored(layout) if sha256 in names})
    records = (DownloadRecord(document_id=document_id, download_status="erased") for document_id in documents)
    land_answers(layout.landing, (to_answer(record, clock=clock) for record in records))


def erase_vault(layout: Layout, names: Collection[str], tombstones: Tombstones) -> int:
    """Remove these files of the vault, and parts and damaged copies that belong to them; return how many.

    It waits for a running download.
    """
    with one_writer(layout, "documents"):
        removed = remove_documents(layout, names)
        for folder, is_erased in ((PARTIAL_FOLDER, _is_of_erased), (DAMAGED_FOLDER, _file_mentions)):
            removed += _remove(layout.vault / folder, is_erased, tombstones)
    return removed


def _is_of_erased(path: Path, tombstones: Tombstones) -> bool:
    return tombstones.is_erased_id(path.name.partition(".")[0]) or _file_mentions(path, tombstones)


def _remove(folder: Path, is_erased: Callable[[Path, Tombstones], bool], tombstones: Tombstones) -> int:
    removed = 0
    for path in files_in(folder, "*"):
        with suppress(FileNotFoundError):
            if is_erased(path, tombstones):
                remove(path)
                removed += 1
    return removed
