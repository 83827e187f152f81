"""The signed URLs of the storage host, and the other places that a redirect may lead to."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlencode

from sighten_simulator.documents.faults import RedirectTo

VALID_S = 60


class SignedUrls:
    """Makes the URLs that the storage host takes, and knows them again.

    Args:
        base: the storage host's address.
        clock: seconds since 1970.
    """

    def __init__(self, base: str, *, clock: Callable[[], float] = time.time) -> None:
        self._base = base
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def url(self, document_id: str, *, valid_s: int = VALID_S) -> str:
        """Where the document can be had for so many seconds from now on."""
        expires = str(int(self._clock()) + valid_s)
        query = urlencode({"Expires": expires, "Signature": self._signature(document_id, expires)})
        return f"{self._base}/files/{document_id}?{query}"

    def is_right(self, document_id: str, *, expires: str, signature: str) -> bool:
        """Whether that is one of ours, and not too old."""
        is_ours = hmac.compare_digest(self._signature(document_id, expires).encode(), signature.encode())
        return is_ours and int(expires) >= self._clock()

    def _signature(self, document_id: str, expires: str) -> str:
        return hmac.new(self._key, f"{document_id}/{expires}".encode(), hashlib.sha256).hexdigest()


def location(to: RedirectTo, document_id: str, *, urls: SignedUrls) -> str | None:
    """Where a redirect for that document leads; None where it does not say."""
    where = {
        "relative": f"/files/{document_id}",
        "loop": f"/api/v1/document/{document_id}/download/",
        "nowhere": None,
        "file": "file:///etc/hostname",
        "private": f"http://10.255.255.1/files/{document_id}",
        "expired": urls.url(document_id, valid_s=-1),
    }
    return where[to] if to in where else urls.url(document_id)
