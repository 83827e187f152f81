"""What the bytes of a download are: their MIME type, and whether they are a page that stands in a document's place."""

import mimetypes
import re
from contextlib import suppress
from pathlib import Path

import msgspec
import puremagic

from sighten_warehouse.documents.errors import DownloadError

HEAD_BYTES = 64 * 1024
LARGEST_ERROR = 64 * 1024
UNKNOWN = "application/octet-stream"
ERROR_WORDS = {"detail", "status_code", "messages"}
HTML = frozenset({"text/html", "application/xhtml+xml"})
ZIP = "application/zip"
_LEAST_MAGIC_OF_TEXT = 4
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\f\r\x1b"))
_BEGIN_OF_HTML = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|title|script|h1|div|p|center)[\s>]",
    re.IGNORECASE | re.DOTALL,
)


def head_of(path: Path) -> bytes:
    """The first bytes of the file."""
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def mime_type_of(head: bytes, *, name: str | None) -> str:
    """The type that the bytes have; the document's name only decides between types that begin alike."""
    if _BEGIN_OF_HTML.match(head):
        return "text/html"
    expected, is_text = expected_type(name), _looks_like_text(head)
    found = _types_by_magic(head, least=_LEAST_MAGIC_OF_TEXT if is_text else 1)
    if expected in found:
        return str(expected)
    if head.startswith(b"PK\x03\x04"):
        return ZIP  # office documents are ZIP files too, and nothing at the begin tells which
    if found and not _is_text(found[0]):
        return found[0]
    return _text_type(head, expected) if is_text else UNKNOWN


def _types_by_magic(head: bytes, *, least: int) -> list[str]:
    """The types whose mark stands there, the surest first, if it is so many bytes long: a text may begin with `BM`."""
    with suppress(puremagic.PureError, ValueError):
        matches = puremagic.magic_string(head)
        return [match.mime_type for match in matches if match.mime_type and len(match.byte_match) >= least]
    return []


def _suffixed(name: str | None) -> str | None:
    """Only the end of the name is of use, and the name is never a path."""
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
        return error.start > len(head) - 4  # a character that the end of the head divides
    return True


def _text_type(head: bytes, expected: str | None) -> str:
    if head.lstrip().startswith((b"{", b"[")):
        return "application/json"
    if head.lstrip().startswith(b"<?xml"):
        return "application/xml"
    return expected if expected and expected.startswith("text/") and expected not in HTML else "text/plain"


def expected_type(name: str | None) -> str | None:
    """The type that the document's name promises."""
    return mimetypes.guess_type(_suffixed(name) or "")[0]


def refuse_pages(path: Path, *, mime_type: str, content_type: str, name: str | None, http_status: int) -> None:
    """Nothing, unless the file is an error page or an error in JSON where a document was to come.

    Raises:
        DownloadError: it is one.
    """
    said = content_type.partition(";")[0].strip().lower()
    expected, is_text = expected_type(name), _is_text(mime_type)
    is_json = said == "application/json" or said.endswith("+json")
    if expected not in HTML and (mime_type in HTML or (said in HTML and is_text)):
        raise DownloadError("not_a_document", said="an HTML page", http_status=http_status)
    if is_text and ((is_json and expected != "application/json") or _is_error(small_error(path))):
        raise DownloadError("not_a_document", said="an error in JSON", http_status=http_status)


def small_error(path: Path) -> bytes | None:
    """The file's bytes, if they are few enough to be an error in JSON and begin like one."""
    if path.stat().st_size > LARGEST_ERROR:
        return None
    content = path.read_bytes()
    return content if content.lstrip().startswith(b"{") else None


def _is_error(content: bytes | None) -> bool:
    """Whether it is an object with one of the words in which the API's errors come."""
    if content is None:
        return False
    with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        parsed = msgspec.json.decode(content)
        return isinstance(parsed, dict) and bool(ERROR_WORDS & set(parsed))
    return False
