"""A vault, a scripted API, and a document to download from it."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr
from scripted_api import TOKEN, ApiRequest, FakeClock, Said, Script

from factories import an_id
from sighten_warehouse.api.retries import RetryPolicy
from sighten_warehouse.clock import Clock
from sighten_warehouse.documents.downloader import DueDocument
from sighten_warehouse.documents.step import RETRY_POLICY, outcomes_of
from sighten_warehouse.documents.vault import PARTIAL_FOLDER, stored_files
from sighten_warehouse.payload.answers.downloads import DownloadRecord
from sighten_warehouse.settings import Settings

DOCUMENT = an_id("document")
SUB_TASK = an_id("sub_task")
ROUTE = f"/api/v1/document/{DOCUMENT}/download/"
OTHER_ROUTE = f"/api/v1/sub_task/{SUB_TASK}/download/"
PDF = b"%PDF-1.4\n" + bytes(range(256)) * 2000 + b"\n%%EOF\n"
SHA256 = hashlib.sha256(PDF).hexdigest()


def settings_for(home: Path, url: str) -> Settings:
    return Settings(home=home, api_url=url, api_token=SecretStr(TOKEN), api_rate=1e6)


def download(  # noqa: PLR0913  (what a test may choose)
    home: Path,
    url: str,
    *,
    name: str | None = "signed.pdf",
    by_sub_task: bool = False,
    retry_policy: RetryPolicy = RETRY_POLICY,
    clock: Clock | None = None,
) -> DownloadRecord:
    """What became of the document; whatever was raised is raised."""
    due = DueDocument(DOCUMENT, sub_task_id=SUB_TASK if by_sub_task else None, name=name)
    clock = clock or FakeClock()
    [outcome] = outcomes_of(settings_for(home, url), [due], clock=clock, priority="live", retry_policy=retry_policy)
    assert isinstance(outcome, DownloadRecord), outcome
    return outcome


def in_vault(home: Path) -> list[bytes]:
    """The contents of the vault's files."""
    return [path.read_bytes() for path in stored_files(vault_of(home))]


def on_the_way(home: Path) -> list[str]:
    """The names of what is kept to be resumed."""
    return sorted(path.name for path in (vault_of(home) / PARTIAL_FOLDER).glob("*"))


def vault_of(home: Path) -> Path:
    return Settings(home=home).layout.vault


def file_server(content: bytes, *, etag: str | None = '"v1"', cut: Callable[[int], int | None]) -> Script:
    """Serves the content and parts of it; of the n-th answer, from 1, only so many bytes come, or all of them."""
    count = 0

    def script(asked: ApiRequest) -> Said:
        nonlocal count
        count += 1
        headers = {"Content-Type": "application/pdf"} | ({"ETag": etag} if etag else {})
        wanted = re.fullmatch(r"bytes=(\d+)-", asked.headers.get("Range", ""))
        if wanted and asked.headers.get("If-Range") == etag:
            first = int(wanted[1])
            headers["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
            return Said(206, content[first:][: cut(count)], headers, length=len(content) - first)
        return Said(200, content[: cut(count)], headers, length=len(content))

    return script
