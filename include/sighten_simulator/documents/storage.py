"""The storage host: serves documents under signed URLs and refuses credentials."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sighten_simulator.api.journal import CREDENTIALS, Journal, JournalMiddleware
from sighten_simulator.documents.document_server import DocumentServer
from sighten_simulator.documents.signed_urls import SignedUrls
from sighten_simulator.world.world import EVERYTHING, World


def build_storage(world: World, *, document_server: DocumentServer, urls: SignedUrls, journal: Journal) -> Starlette:
    """The storage host as an application; the journal counts requests with credentials, which it must never see."""

    async def download(request: Request) -> Response:
        document_id, params = request.path_params["document_id"], request.query_params
        if any(name in request.headers for name in CREDENTIALS):
            return JSONResponse({"detail": "Expected a signed URL without credentials."}, 400)
        expires, signature = params.get("Expires", ""), params.get("Signature", "")
        if not urls.is_valid(document_id, expires=expires, signature=signature):
            return JSONResponse({"detail": "The URL has expired or is not signed."}, 403)
        document = document_server.find(world.index_for(EVERYTHING), document_id)
        if document is None:
            return JSONResponse({"detail": "Not found."}, 404)
        return await document_server.serve(document, request)

    return Starlette(
        routes=[Route("/files/{document_id}", download)],
        middleware=[Middleware(JournalMiddleware, journal=journal, host="storage")],
    )
