"""The `Content-Disposition` of a document, including hostile forms."""

import hashlib
from urllib.parse import quote

from sighten_simulator.documents.options import Names
from sighten_simulator.world.index import IndexedDocument

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


def disposition(document: IndexedDocument, *, kind: str, names: Names) -> dict[str, str]:
    """The header, in latin-1 as HTTP requires; empty if the option leaves it out."""
    if names == "none":
        return {}
    if names == "hostile":
        number = int(hashlib.sha256(document.document_id.encode()).hexdigest(), 16) % len(_HOSTILE)
        return {"content-disposition": f"{kind}; {_HOSTILE[number]}"}
    if names == "plain":
        # Raw UTF-8 bytes: no standard allows them, but many servers send them.
        raw = document.name.encode().decode("latin-1").replace('"', "'")
        return {"content-disposition": f'{kind}; filename="{raw}"'}
    return {"content-disposition": f"{kind}; filename*=utf-8''{quote(document.name, safe='')}"}
