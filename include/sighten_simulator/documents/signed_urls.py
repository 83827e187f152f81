"""The signed URLs of the storage host, and the other targets of a redirect."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from urllib.parse import urlencode

from sighten_simulator.documents.options import RedirectTo

VALID_S = 60


class SignedUrls:
    """Signs URLs of the storage host and verifies them.

    Args:
        base: the storage host's address.
        clock: seconds since 1970.
    """

    def __init__(self, base: str, *, clock: Callable[[], float] = time.time) -> None:
        self._base = base
        self._clock = clock
        self._key = secrets.token_bytes(32)

    def url(self, document_id: str, *, valid_s: int = VALID_S) -> str:
        """A URL of the document that is valid for `valid_s` seconds."""
        expires = str(int(self._clock()) + valid_s)
        query = urlencode({"Expires": expires, "Signature": self._signature(document_id, expires)})
        return f"{self._base}/files/{document_id}?{query}"

    def is_valid(self, document_id: str, *, expires: str, signature: str) -> bool:
        """Whether the signature is ours and has not expired."""
        is_ours = hmac.compare_digest(self._signature(document_id, expires).encode(), signature.encode())
        return is_ours and int(expires) >= self._clock()

    def _signature(self, document_id: str, expires: str) -> str:
        return hmac.new(self._key, f"{document_id}/{expires}".encode(), hashlib.sha256).hexdigest()


def location(to: RedirectTo, document_id: str, *, urls: SignedUrls) -> str | None:
    """The `Location` of a redirect for the document; None for a redirect without one."""
    targets = {
        "relative": f"/files/{document_id}",
        "loop": f"/api/v1/document/{document_id}/download/",
        "nowhere": None,
        "file": "file:///etc/hostname",
        "private": f"http://10.255.255.1/files/{document_id}",
        "expired": urls.url(document_id, valid_s=-1),
    }
    return targets[to] if to in targets else urls.url(document_id)
