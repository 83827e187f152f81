"""A vault, a scripted API, and a document to download from it."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.downloader import DueDocument
from sighten_warehouse.documents.step import RETRY_POLICY, download_each
from sighten_warehouse.documents.vault import PARTIAL_FOLDER, stored_files
from sighten_warehouse.payload.answers.downloads import DownloadRecord
from sighten_warehouse.settings import Secret, Settings
from support.factories import an_id
from support.scripted_api import TOKEN, FakeClock, Request, Response, Script

DOCUMENT = an_id("document")
SUB_TASK = an_id("sub_task")
ROUTE = f"/api/v1/document/{DOCUMENT}/download/"
OTHER_ROUTE = f"/api/v1/sub_task/{SUB_TASK}/download/"
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 2000 + b"\n%%EOF\n"
SHA256 = hashlib.sha256(PDF).hexdigest()


def settings_for(home: Path, url: str) -> Settings:
    return Settings(home=home, api_url=url, api_token=Secret(TOKEN), api_rate=1e6)


def download(  # noqa: PLR0913  (what a test may choose)
    home: Path,
    url: str,
    *,
    name: str | None = "signed.pdf",
    by_sub_task: bool = False,
    retry_policy: RetryPolicy = RETRY_POLICY,
    clock: Clock | None = None,
) -> DownloadRecord:
    """Download the document and return its record."""
    due = DueDocument(DOCUMENT, sub_task_id=SUB_TASK if by_sub_task else None, name=name)
    clock = clock or FakeClock()
    [outcome] = download_each(settings_for(home, url), [due], clock=clock, priority="live", retry_policy=retry_policy)
    assert isinstance(outcome, DownloadRecord), outcome
    return outcome


def in_vault(home: Path) -> list[bytes]:
    """The contents of the vault's files."""
    return [path.read_bytes() for path in stored_files(vault_of(home))]


def partial_files(home: Path) -> list[str]:
    """The names of the partial files."""
    return sorted(path.name for path in (vault_of(home) / PARTIAL_FOLDER).glob("*"))


def vault_of(home: Path) -> Path:
    return Settings(home=home).layout.vault


def file_server(content: bytes, *, etag: str | None = '"v1"', cut: Callable[[int], int | None]) -> Script:
    """Serve the content and its ranges; `cut` maps a response's number, from 1, to its bytes, or None for all."""
    count = 0

    def script(request: Request) -> Response:
        nonlocal count
        count += 1
        headers = {"Content-Type": "application/pdf"} | ({"ETag": etag} if etag else {})
        requested = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        if requested and request.headers.get("If-Range") == etag:
            first = int(requested[1])
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
            return Response(206, content[first:][: cut(count)], headers, length=len(content) - first)
        return Response(200, content[: cut(count)], headers, length=len(content))

    return script
