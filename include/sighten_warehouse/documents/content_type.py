"""Detects the MIME type of a download, and error pages that came in place of a document."""

import mimetypes
import re
from contextlib import suppress
from pathlib import Path

import msgspec
import puremagic

from sighten_warehouse.documents.errors import DownloadError

HEAD_BYTES = 64 * 1024
MAX_ERROR_BYTES = 64 * 1024
UNKNOWN = "application/octet-stream"
ERROR_KEYS = {"detail", "status_code", "messages"}
HTML = frozenset({"text/html", "application/xhtml+xml"})
ZIP = "application/zip"
_MIN_MAGIC_BYTES_OF_TEXT = 4
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\f\r\x1b"))
_HTML_START = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|title|script|h1|div|p|center)[\s>]",
    re.IGNORECASE | re.DOTALL,
)


def head_of(path: Path) -> bytes:
    """Return the first 64 KiB of the file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def mime_type_of(head: bytes, *, name: str | None) -> str:
    """Detect the type from the bytes; the document's name only decides between types that start alike."""
    if _HTML_START.match(head):
        return "text/html"
    expected, is_text = expected_type(name), _looks_like_text(head)
    found = _types_by_magic(head, min_bytes=_MIN_MAGIC_BYTES_OF_TEXT if is_text else 1)
    if expected in found:
        return str(expected)
    if head.startswith(b"PK\x03\x04"):
        return ZIP  # office documents are ZIP files too; their first bytes do not show which
    if found and not _is_text(found[0]):
        return found[0]
    return _text_type(head, expected) if is_text else UNKNOWN


def _types_by_magic(head: bytes, *, min_bytes: int) -> list[str]:
    """The types whose magic bytes match, the surest first; short ones are ignored, as a text may begin with `BM`."""
    with suppress(puremagic.PureError, ValueError):
        matches = puremagic.magic_string(head)
        return [match.mime_type for match in matches if match.mime_type and len(match.byte_match) >= min_bytes]
    return []


def _safe_name(name: str | None) -> str | None:
    """A name with only the extension of the given one, which is not trusted as a path."""
    suffix = Path((name or "").replace("\0", "")).suffix
    return f"document{suffix}" if re.fullmatch(r"\.\w{1,8}", suffix, re.ASCII) else None


def _is_text(mime_type: str) -> bool:
    return mime_type.startswith("text/") or mime_type in {"application/json", "application/xml"}


def _looks_like_text(head: bytes) -> bool:
    if len(head.translate(None, delete=_CONTROLS)) != len(head):
        return False
    try:
        head[: HEAD_BYTES - 4].decode()
    except UnicodeDecodeError as error:
        return error.start > len(head) - 4  # the end of the head may cut a character
    return True


def _text_type(head: bytes, expected: str | None) -> str:
    if head.lstrip().startswith((b"{", b"[")):
        return "application/json"
    if head.lstrip().startswith(b"<?xml"):
        return "application/xml"
    return expected if expected and expected.startswith("text/") and expected not in HTML else "text/plain"


def expected_type(name: str | None) -> str | None:
    """Return the type that the name's extension stands for."""
    return mimetypes.guess_type(_safe_name(name) or "")[0]


def refuse_pages(path: Path, *, mime_type: str, content_type: str, name: str | None, http_status: int) -> None:
    """Refuse an HTML page or an error in JSON that came in place of a document.

    Raises:
        DownloadError: the file is one of these.
    """
    announced = content_type.partition(";")[0].strip().lower()
    expected, is_text = expected_type(name), _is_text(mime_type)
    is_json = announced == "application/json" or announced.endswith("+json")
    if expected not in HTML and (mime_type in HTML or (announced in HTML and is_text)):
        raise DownloadError("not_a_document", message="an HTML page", http_status=http_status)
    if is_text and ((is_json and expected != "application/json") or _is_error(small_error(path))):
        raise DownloadError("not_a_document", message="an error in JSON", http_status=http_status)


def small_error(path: Path) -> bytes | None:
    """Return the file's bytes if it is small and starts like a JSON object."""
    if path.stat().st_size > MAX_ERROR_BYTES:
        return None
    content = path.read_bytes()
    return content if content.lstrip().startswith(b"{") else None


def _is_error(content: bytes | None) -> bool:
    """Whether it is a JSON object with a key of the API's errors."""
    if content is None:
        return False
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        parsed = msgspec.json.decode(content)
        return isinstance(parsed, dict) and bool(ERROR_KEYS & set(parsed))
    return False
