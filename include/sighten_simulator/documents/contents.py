"""The bytes of simulated documents: valid PDFs, constant for each document."""

import hashlib

_LINES = 40
SHARED = 16  # one document in 16 has the same bytes: the form that everybody uploads


def content_of(document_id: str, *, least_bytes: int = 0) -> bytes:
    """The PDF of the document, at least `least_bytes` long."""
    is_shared = int(hashlib.sha256(document_id.encode()).hexdigest(), 16) % SHARED == 0
    return pdf("the form that everybody uploads" if is_shared else document_id, least_bytes=least_bytes)


def pdf(name: str, *, least_bytes: int = 0) -> bytes:
    """A valid PDF 1.4 of one page; the same name gives the same bytes."""
    lines = [
        f"Document {name}",
        *(hashlib.sha256(f"{name}/{n}".encode()).hexdigest() for n in range(_LINES)),
    ]
    shown = b"".join(f"({line}) '\n".encode() for line in lines)
    page = b"BT /F 9 Tf 50 770 Td 14 TL\n" + shown + b"ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R /Resources <</Font <</F 4 0 R>>>> >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        _stream(page),
    ]
    if least_bytes:
        objects.append(_stream(hashlib.shake_256(name.encode()).digest(least_bytes)))
    return _assemble(objects)


def _stream(content: bytes) -> bytes:
    return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content)


def _assemble(objects: list[bytes]) -> bytes:
    """The objects, numbered from 1, and the table of their byte offsets."""
    parts, begins, at = [b"%PDF-1.4\n"], [], 9
    for number, content in enumerate(objects, 1):
        begins.append(at)
        parts.append(b"%d 0 obj\n%s\nendobj\n" % (number, content))
        at += len(parts[-1])
    table = b"0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % begin for begin in begins)
    size = len(objects) + 1
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, at)
    return b"".join([*parts, b"xref\n0 %d\n%s" % (size, table), trailer])
