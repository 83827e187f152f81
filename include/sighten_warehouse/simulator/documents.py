"""The simulated document routes: real bytes for every document that was uploaded."""

import hashlib
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sighten_warehouse.simulator.index import Index, KnownDocument
from sighten_warehouse.simulator.routes import both

_LINES = 40


def document_routes(index: Index) -> list[Route]:
    """Download and preview by document, and the newest upload by sub_task."""

    async def download(request: Request) -> Response:
        return _send(_uploaded(index, request.path_params["document_id"]), disposition="attachment")

    async def preview(request: Request) -> Response:
        return _send(_uploaded(index, request.path_params["document_id"]), disposition="inline")

    async def download_newest(request: Request) -> Response:
        documents = index.documents_by_sub_task.get(request.path_params["sub_task_id"], [])
        uploaded = [document for document in documents if document.is_uploaded]
        if not uploaded:
            raise HTTPException(404, "Not found.")
        return _send(uploaded[-1], disposition="attachment")

    return [
        *both("/api/v1/document/{document_id}/download", download),
        *both("/api/v1/document/{document_id}/preview", preview),
        *both("/api/v1/sub_task/{sub_task_id}/download", download_newest),
    ]


def _uploaded(index: Index, document_id: str) -> KnownDocument:
    document = index.documents.get(document_id)
    if document is None or not document.is_uploaded:
        raise HTTPException(404, "Not found.")
    return document


def _send(document: KnownDocument, *, disposition: str) -> Response:
    named = f"{disposition}; filename*=utf-8''{quote(document.name, safe='')}"
    return Response(pdf(document.document_id), media_type="application/pdf", headers={"content-disposition": named})


def pdf(document_id: str) -> bytes:
    """A valid PDF of one page (PDF 1.4), always the same bytes for the same id."""
    lines = [
        f"Document {document_id}",
        *(hashlib.sha256(f"{document_id}/{n}".encode()).hexdigest() for n in range(_LINES)),
    ]
    shown = b"".join(f"({line}) '\n".encode() for line in lines)
    page = b"BT /F 9 Tf 50 770 Td 14 TL\n" + shown + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources <</Font <</F 4 0 R>>>> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(page), page),
    ]
    return _assemble(objects)


def _assemble(objects: list[bytes]) -> bytes:
    """The objects, numbered from 1, and the table that says at which byte each begins."""
    body, begins = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        begins.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % begin for begin in begins)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, len(body))
    return body + b"xref\n0 %d\n%s" % (size, table) + trailer
