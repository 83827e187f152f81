"""Downloads one document: by which routes it is asked for, and what is recorded of it."""

from dataclasses import dataclass

import structlog

from sighten_warehouse.api.client import ApiClient
from sighten_warehouse.api.errors import NotFoundError, RefusedCallError
from sighten_warehouse.api.session import Exchange
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.body import Body
from sighten_warehouse.documents.errors import DownloadError
from sighten_warehouse.documents.fetch import Fetch, Fetched
from sighten_warehouse.documents.partial import Partial, partial_of
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
_MAY_BE_RESUMED = ("truncated", "unreachable")
# Its name, its path, and the ids in that.
Route = tuple[str, str, dict[str, str]]


@dataclass(frozen=True)
class DueDocument:
    """A document to download.

    Args:
        document_id: a UUID.
        sub_task_id: its sub_task, where that has no other such document.
        name: the file's name; it only tells what kind of file to expect.
    """

    document_id: str
    sub_task_id: str | None = None
    name: str | None = None

    def routes(self) -> tuple[Route, ...]:
        """The ways to ask for it, one after the other as long as the answer is 404."""
        by_document = ("document", DOCUMENT_PATH, {"document_id": self.document_id})
        if self.sub_task_id is None:
            return (by_document,)
        return by_document, ("sub_task", SUB_TASK_PATH, {"sub_task_id": self.sub_task_id})


class Downloader:
    """Downloads documents into a vault; used by as many threads as one likes."""

    def __init__(self, layout: Layout, *, client: ApiClient, elsewhere: Exchange, clock: Clock) -> None:
        self._layout = layout
        self._client = client
        self._elsewhere = elsewhere
        self._clock = clock

    def download(self, due: DueDocument) -> DownloadRecord | None:
        """What became of it; None while another thread or process is at it.

        Raises:
            AuthenticationError: the API does not know the token.
            CircuitOpenError: the API was not asked.
            StorageError: the disk refused.
        """
        try:
            with partial_of(self._layout.vault / PARTIAL_FOLDER, due.document_id) as partial:
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
        for one in due.routes():
            record = self._by_route(due, partial, one)
            if record.download_status != "not_found":
                break
        if record.download_status in _MAY_BE_RESUMED and partial.range_headers():
            partial.checkpoint()
        elif record.download_status != "stored":
            partial.discard()
        return record

    def _by_route(self, due: DueDocument, partial: Partial, one: Route) -> DownloadRecord:
        route, path, ids = one
        partial.resume(path)
        body = Body(partial, name=due.name, clock=self._clock)
        fetch = Fetch(client=self._client, elsewhere=self._elsewhere, body=body, clock=self._clock)
        try:
            fetched = self._client.streamed(path, ids=ids, follow=fetch.follow)
        except CircuitOpenError:
            raise
        except (RejectedError, ApiUnavailableError, PermissionDeniedError, ApiContractError) as error:
            return _record_of(error, due, route=route, has_begun=partial.size > 0)
        return self._stored(due, partial, fetched, route=route)

    def _stored(self, due: DueDocument, partial: Partial, fetched: Fetched, *, route: str) -> DownloadRecord:
        sha256, size = sha256_of(partial.path), partial.size
        partial.forget()
        path = store(self._layout.vault, partial.path, sha256=sha256)
        return DownloadRecord(
            document_id=due.document_id,
            download_status="stored",
            sha256=sha256,
            size_bytes=size,
            mime_type=fetched.whole.mime_type,
            reason=fetched.whole.doubt,
            vault_path=path.relative_to(self._layout.root).as_posix(),
            http_status=fetched.http_status,
            route=route,
        )


def _record_of(error: WarehouseError, due: DueDocument, *, route: str, has_begun: bool) -> DownloadRecord:
    """The state of the document that the error comes to."""
    status: DownloadStatus = "refused"
    reason, http_status = str(error), None
    if isinstance(error, DownloadError):
        status, reason, http_status = error.status, error.said, error.http_status
    elif isinstance(error, NotFoundError):
        status, reason, http_status = "not_found", "answered 404", error.answer.status
    elif isinstance(error, PermissionDeniedError):
        status, reason, http_status = "forbidden", "answered 403", 403
    elif isinstance(error, RefusedCallError):
        reason, http_status = f"answered {error.answer.status}", error.answer.status
    elif isinstance(error, ApiUnavailableError):
        status = "truncated" if has_begun else "unreachable"
    return DownloadRecord(
        document_id=due.document_id, download_status=status, reason=reason, http_status=http_status, route=route
    )
