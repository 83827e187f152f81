"""Downloads one document: tries its routes, stores it, and makes the record of the attempt."""

from dataclasses import dataclass

import structlog

from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.errors import NotFoundError, RefusedCallError
from sighten_warehouse.api.session import HttpSession
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.body import Body
from sighten_warehouse.documents.errors import DownloadError
from sighten_warehouse.documents.fetch import Fetch, Fetched
from sighten_warehouse.documents.partial import Partial, open_partial
from sighten_warehouse.documents.vault import PARTIAL_FOLDER, sha256_of, store
from sighten_warehouse.errors import (
    ApiContractError,
    ApiUnavailableError,
    CircuitOpenError,
    PermissionDeniedError,
    RejectedError,
    StorageError,
    WarehouseError,
)
from sighten_warehouse.layout import Layout
from sighten_warehouse.payload.answers.downloads import DownloadRecord, DownloadStatus

log = structlog.get_logger()

DOCUMENT_PATH = "/api/v1/document/{document_id}/download/"
SUB_TASK_PATH = "/api/v1/sub_task/{sub_task_id}/download/"
_RESUMABLE = ("truncated", "unreachable")
# Name, path, and the ids in the path.
Route = tuple[str, str, dict[str, str]]


@dataclass(frozen=True)
class DueDocument:
    """A document to download.

    Args:
        document_id: a UUID.
        sub_task_id: its sub_task, if the sub_task has no other such document.
        name: the file's name, used only for its extension.
    """

    document_id: str
    sub_task_id: str | None = None
    name: str | None = None

    def routes(self) -> tuple[Route, ...]:
        """Return the routes to try in order, the next one after a 404."""
        by_document = ("document", DOCUMENT_PATH, {"document_id": self.document_id})
        if self.sub_task_id is None:
            return (by_document,)
        return by_document, ("sub_task", SUB_TASK_PATH, {"sub_task_id": self.sub_task_id})


class Downloader:
    """Downloads documents into the vault; any number of threads may share it."""

    def __init__(self, layout: Layout, *, client: ApiClient, external: HttpSession, clock: Clock) -> None:
        self._layout = layout
        self._client = client
        self._external = external
        self._clock = clock

    def download(self, due: DueDocument) -> DownloadRecord | None:
        """Download the document and return the record; None if another thread or process is downloading it.

        Raises:
            AuthenticationError: the API does not know the token.
            CircuitOpenError: the API was not called.
            StorageError: the disk refused a write.
        """
        try:
            with open_partial(self._layout.vault / PARTIAL_FOLDER, due.document_id) as partial:
                record = self._by_any_route(due, partial) if partial else None
        except OSError as error:
            raise StorageError(f"{self._layout.vault}: {error.strerror}, expected to store documents there") from error
        if record:
            log.info(
                "downloaded",
                download_status=record.download_status,
                size_bytes=record.size_bytes,
                http_status=record.http_status,
                route=record.route,
                reason=record.reason,
            )
        return record

    def _by_any_route(self, due: DueDocument, partial: Partial) -> DownloadRecord:
        for route in due.routes():
            record = self._by_route(due, partial, route)
            if record.download_status != "not_found":
                break
        if record.download_status in _RESUMABLE and partial.range_headers():
            partial.checkpoint()
        elif record.download_status != "stored":
            partial.discard()
        return record

    def _by_route(self, due: DueDocument, partial: Partial, route: Route) -> DownloadRecord:
        route_name, path, ids = route
        partial.resume(path)
        body = Body(partial, name=due.name, clock=self._clock)
        fetch = Fetch(client=self._client, external=self._external, body=body, clock=self._clock)
        try:
            fetched = self._client.stream(path, ids=ids, follow=fetch.follow)
        except CircuitOpenError:
            raise
        except (RejectedError, ApiUnavailableError, PermissionDeniedError, ApiContractError) as error:
            return _failure_record(error, due, route=route_name, is_partial=partial.size > 0)
        return self._store(due, partial, fetched, route=route_name)

    def _store(self, due: DueDocument, partial: Partial, fetched: Fetched, *, route: str) -> DownloadRecord:
        sha256, size = sha256_of(partial.path), partial.size
        partial.remove_metadata()
        path = store(self._layout.vault, partial.path, sha256=sha256)
        return DownloadRecord(
            document_id=due.document_id,
            download_status="stored",
            sha256=sha256,
            size_bytes=size,
            mime_type=fetched.body.mime_type,
            reason=fetched.body.warning,
            vault_path=path.relative_to(self._layout.root).as_posix(),
            http_status=fetched.http_status,
            route=route,
        )


def _failure_record(error: WarehouseError, due: DueDocument, *, route: str, is_partial: bool) -> DownloadRecord:
    """The record of a failed attempt."""
    status: DownloadStatus = "refused"
    reason, http_status = str(error), None
    if isinstance(error, DownloadError):
        status, reason, http_status = error.status, error.message, error.http_status
    elif isinstance(error, NotFoundError):
        status, reason, http_status = "not_found", "answered 404", error.answer.status
    elif isinstance(error, PermissionDeniedError):
        status, reason, http_status = "forbidden", "answered 403", 403
    elif isinstance(error, RefusedCallError):
        reason, http_status = f"answered {error.answer.status}", error.answer.status
    elif isinstance(error, ApiUnavailableError):
        status = "truncated" if is_partial else "unreachable"
    return DownloadRecord(
        document_id=due.document_id, download_status=status, reason=reason, http_status=http_status, route=route
    )
