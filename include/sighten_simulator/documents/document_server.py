"""Finds documents and serves their bytes, with the troubles and forms that the options ask for."""

from starlette.requests import Request
from starlette.responses import Response

from sighten_simulator.documents.content_disposition import disposition
from sighten_simulator.documents.contents import content_of
from sighten_simulator.documents.options import DocumentOptions, DocumentTroubles
from sighten_simulator.documents.response import document_response, error_response
from sighten_simulator.world.index import Index, IndexedDocument


class DocumentServer:
    """Serves documents for both the API and the storage host."""

    def __init__(self, options: DocumentOptions, *, seed: int) -> None:
        self.options = options
        self.troubles = DocumentTroubles(options, seed=seed)

    def find(self, index: Index, document_id: str) -> IndexedDocument | None:
        """The document of that id, if it can be downloaded."""
        document = index.documents.get(document_id)
        return document if document is not None and self._is_downloadable(document) else None

    def find_newest(self, index: Index, sub_task_id: str) -> IndexedDocument | None:
        """The newest document of the sub_task that can be downloaded."""
        documents = index.documents_by_sub_task.get(sub_task_id, [])
        return next((document for document in reversed(documents) if self._is_downloadable(document)), None)

    def redirect_error(self, document: IndexedDocument) -> Response | None:
        """The error that replaces a redirect to the document, if its trouble is an HTTP error."""
        error = error_response(self.troubles.trouble(document.document_id))
        if error is not None:
            self.troubles.count(document.document_id)
        return error

    async def serve(self, document: IndexedDocument, request: Request, *, kind: str = "attachment") -> Response:
        """The response with the document's bytes, altered by its trouble."""
        trouble = self.troubles.trouble(document.document_id)
        if trouble is not None:
            self.troubles.count(document.document_id)
        return error_response(trouble) or await document_response(
            content_of(document.document_id, least_bytes=self.options.least_bytes),
            request_headers=request.headers,
            headers=disposition(document, kind=kind, names=self.options.names),
            ranges=self.options.ranges,
            trouble=trouble,
            slow_s=self.options.slow_s,
        )

    def _is_downloadable(self, document: IndexedDocument) -> bool:
        return document.is_uploaded or self.options.generated
