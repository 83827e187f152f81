"""The host that a redirect leads to: it hands documents out to whoever has a signed URL, and takes no credentials."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sighten_simulator.api.journal import CREDENTIALS, Journal, JournalMiddleware
from sighten_simulator.documents.lookup import DocumentDesk
from sighten_simulator.documents.signed_urls import SignedUrls
from sighten_simulator.world.world import EVERYTHING, World


def build_storage(world: World, *, desk: DocumentDesk, urls: SignedUrls, journal: Journal) -> Starlette:
    """The host as an application; who brings credentials is refused and counted: they are nothing for it to see."""

    async def give(request: Request) -> Response:
        document_id, params = request.path_params["document_id"], request.query_params
        if any(name in request.headers for name in CREDENTIALS):
            return JSONResponse({"detail": "Expected no credentials beside a signed URL."}, 400)
        expires, signature = params.get("Expires", ""), params.get("Signature", "")
        if not urls.is_right(document_id, expires=expires, signature=signature):
            return JSONResponse({"detail": "The URL has expired or is not signed."}, 403)
        known = desk.find(world.seen_by(EVERYTHING), document_id)
        return JSONResponse({"detail": "Not found."}, 404) if known is None else await desk.hand(known, request)

    return Starlette(
        routes=[Route("/files/{document_id}", give)],
        middleware=[Middleware(JournalMiddleware, journal=journal, host="storage")],
    )
