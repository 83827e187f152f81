"""Finds documents and hands their bytes out, in the way and with the trouble that they are meant to have."""

from starlette.requests import Request
from starlette.responses import Response

from sighten_simulator.documents.content_disposition import disposition
from sighten_simulator.documents.contents import content_of
from sighten_simulator.documents.faults import Documents, Fate
from sighten_simulator.documents.response import hand_out, refusal
from sighten_simulator.world.index import Index, KnownDocument


class DocumentDesk:
    """What the API and the storage host have in common."""

    def __init__(self, documents: Documents, *, seed: int) -> None:
        self.documents = documents
        self.fate = Fate(documents, seed=seed)

    def find(self, index: Index, document_id: str) -> KnownDocument | None:
        """The document of that id, if it can be downloaded."""
        known = index.documents.get(document_id)
        return known if known is not None and self._is_downloadable(known) else None

    def newest(self, index: Index, sub_task_id: str) -> KnownDocument | None:
        """The newest document of the sub_task that can be downloaded."""
        known = index.documents_by_sub_task.get(sub_task_id, [])
        return next((one for one in reversed(known) if self._is_downloadable(one)), None)

    def refuse(self, known: KnownDocument) -> Response | None:
        """The answer in place of a redirect to the document, where its trouble is that there is none."""
        refused = refusal(self.fate.trouble(known.document_id))
        if refused is not None:
            self.fate.meet(known.document_id)
        return refused

    async def hand(self, known: KnownDocument, request: Request, *, kind: str = "attachment") -> Response:
        """The document's bytes, or what its trouble makes of them."""
        trouble = self.fate.trouble(known.document_id)
        if trouble is not None:
            self.fate.meet(known.document_id)
        return refusal(trouble) or await hand_out(
            content_of(known.document_id, least_bytes=self.documents.least_bytes),
            asked=request.headers,
            headers=disposition(known, kind=kind, names=self.documents.names),
            ranges=self.documents.ranges,
            trouble=trouble,
            slow_s=self.documents.slow_s,
        )

    def _is_downloadable(self, known: KnownDocument) -> bool:
        return known.is_uploaded or self.documents.generated
