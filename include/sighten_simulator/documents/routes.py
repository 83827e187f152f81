"""The simulated document routes: each document is served directly or by a redirect."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sighten_simulator.api.slashes import with_optional_slash
from sighten_simulator.documents.document_server import DocumentServer
from sighten_simulator.documents.signed_urls import SignedUrls, location
from sighten_simulator.world.index import Index, IndexedDocument
from sighten_simulator.world.world import EVERYTHING, World


def document_routes(world: World, *, document_server: DocumentServer, urls: SignedUrls) -> list[Route]:
    """Download and preview by document, and download of the newest upload by sub_task."""

    def find(request: Request, index: Index) -> IndexedDocument:
        return _or_404(document_server.find(index, request.path_params["document_id"]))

    async def serve_or_redirect(document: IndexedDocument, request: Request) -> Response:
        if not document_server.troubles.redirects(document.document_id):
            return await document_server.serve(document, request)
        target = location(document_server.options.redirect_to, document.document_id, urls=urls)
        redirect = Response(status_code=302, headers={} if target is None else {"location": target})
        return document_server.redirect_error(document) or redirect

    async def download(request: Request) -> Response:
        return await serve_or_redirect(find(request, world.index_for_request(request)), request)

    async def preview(request: Request) -> Response:
        return await document_server.serve(find(request, world.index_for_request(request)), request, kind="inline")

    async def download_newest(request: Request) -> Response:
        sub_task_id = request.path_params["sub_task_id"]
        document = document_server.find_newest(world.index_for_request(request), sub_task_id)
        return await serve_or_redirect(_or_404(document), request)

    async def download_redirected(request: Request) -> Response:
        return await document_server.serve(find(request, world.index_for(EVERYTHING)), request)

    return [
        *with_optional_slash("/api/v1/document/{document_id}/download", download),
        *with_optional_slash("/api/v1/document/{document_id}/preview", preview),
        *with_optional_slash("/api/v1/sub_task/{sub_task_id}/download", download_newest),
        Route("/files/{document_id}", download_redirected),
    ]


def _or_404(document: IndexedDocument | None) -> IndexedDocument:
    if document is None:
        raise HTTPException(404, "Not found.")
    return document
