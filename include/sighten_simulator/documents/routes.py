"""The simulated document routes: real bytes for every document that was uploaded, here or by a redirect."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sighten_simulator.api.routes import both
from sighten_simulator.documents.lookup import DocumentDesk
from sighten_simulator.documents.signed_urls import SignedUrls, location
from sighten_simulator.world.index import Index, KnownDocument
from sighten_simulator.world.world import EVERYTHING, World


def document_routes(world: World, *, desk: DocumentDesk, urls: SignedUrls) -> list[Route]:
    """Download and preview by document, and the newest upload by sub_task, here or under one of the `urls`."""

    def asked_for(request: Request, index: Index) -> KnownDocument:
        return _or_404(desk.find(index, request.path_params["document_id"]))

    async def give(known: KnownDocument, request: Request) -> Response:
        if not desk.fate.redirects(known.document_id):
            return await desk.hand(known, request)
        where = location(desk.documents.redirect_to, known.document_id, urls=urls)
        return desk.refuse(known) or Response(status_code=302, headers={} if where is None else {"location": where})

    async def download(request: Request) -> Response:
        return await give(asked_for(request, world.asked_by(request)), request)

    async def preview(request: Request) -> Response:
        return await desk.hand(asked_for(request, world.asked_by(request)), request, kind="inline")

    async def download_newest(request: Request) -> Response:
        return await give(_or_404(desk.newest(world.asked_by(request), request.path_params["sub_task_id"])), request)

    async def after_relative_redirect(request: Request) -> Response:
        return await desk.hand(asked_for(request, world.seen_by(EVERYTHING)), request)

    return [
        *both("/api/v1/document/{document_id}/download", download),
        *both("/api/v1/document/{document_id}/preview", preview),
        *both("/api/v1/sub_task/{sub_task_id}/download", download_newest),
        Route("/files/{document_id}", after_relative_redirect),
    ]


def _or_404(known: KnownDocument | None) -> KnownDocument:
    if known is None:
        raise HTTPException(404, "Not found.")
    return known
