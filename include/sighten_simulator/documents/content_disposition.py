"""How `Content-Disposition` tells a document's name, odd ways among them."""

import hashlib
from urllib.parse import quote

from sighten_simulator.documents.faults import Names
from sighten_simulator.world.index import KnownDocument

_HOSTILE = (
    'filename="../../../../tmp/outside.pdf"',
    'filename="/etc/cron.d/outside"',
    r'filename="..\..\outside.pdf"',
    r'filename="C:\Windows\outside.pdf"',
    "filename*=utf-8''..%2F..%2Foutside.pdf",
    "filename*=utf-8''line%0D%0ASet-Cookie%3A%20a%3Db.pdf",
    "filename*=utf-8''zero%00byte.pdf",
    "filename*=utf-8''%E2%80%AEfdp.exe",
    'filename=".."',
    'filename=""',
    f'filename="{"long" * 500}.pdf"',
    "filename*=utf-8''%FF%FE",
)


def disposition(document: KnownDocument, *, kind: str, names: Names) -> dict[str, str]:
    """The header, or none where the name is not told; it holds latin-1 characters only, as HTTP wants it."""
    if names == "none":
        return {}
    if names == "hostile":
        number = int(hashlib.sha256(document.document_id.encode()).hexdigest(), 16) % len(_HOSTILE)
        return {"content-disposition": f"{kind}; {_HOSTILE[number]}"}
    if names == "plain":
        # Bytes of UTF-8 as they are, which is what many servers send though no standard allows it.
        raw = document.name.encode().decode("latin-1").replace('"', "'")
        return {"content-disposition": f'{kind}; filename="{raw}"'}
    return {"content-disposition": f"{kind}; filename*=utf-8''{quote(document.name, safe='')}"}
