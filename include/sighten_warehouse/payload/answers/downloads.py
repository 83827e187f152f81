"""What became of an attempt to download a document: the record that is landed, and the row it becomes."""

from typing import Any, Literal, get_args

import msgspec
import pyarrow as pa

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import Findings

RECORD_TYPE = "application/vnd.sighten-warehouse.download+json"

# What each says, and when such a document is tried again: docs/rules.md and sql/ops/downloads.sql.
DownloadStatus = Literal[
    "stored",
    "not_found",
    "forbidden",
    "refused",
    "not_followed",
    "truncated",
    "wrong_hash",
    "empty",
    "not_a_document",
    "too_large",
    "unreachable",
    "damaged",
]
STATUSES: tuple[str, ...] = get_args(DownloadStatus)

SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("document_id", pa.string()),
        ("download_status", pa.string()),
        ("reason", pa.string()),
        ("sha256", pa.string()),
        ("size_bytes", pa.int64()),
        ("mime_type", pa.string()),
        ("vault_path", pa.string()),
        ("http_status", pa.int64()),
        ("route", pa.string()),
        ("received_at", pa.timestamp("us")),
    ]
)


class DownloadRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt, whole: a rebuild needs nothing else of it than this and the vault.

    Args:
        document_id: the document.
        download_status: what became of it.
        reason: in words, what kept it from being stored, or what is odd about what was.
        sha256: of the stored bytes, and their name in the vault.
        size_bytes: of the stored bytes.
        mime_type: told from the stored bytes.
        vault_path: where they are, below the environment's home.
        http_status: the last one that was answered; None if nothing answered.
        route: `document` or `sub_task`, by which it was asked for last; None if nothing was asked.
    """

    document_id: str
    download_status: DownloadStatus
    reason: str | None = None
    sha256: str | None = None
    size_bytes: int | None = None
    mime_type: str | None = None
    vault_path: str | None = None
    http_status: int | None = None
    route: str | None = None


def read(content: Any, _: ApiRequest) -> tuple[dict[str, list[Row]], Findings]:
    """One row of `downloads`.

    Raises:
        RejectedError: it is no record of a download.
    """
    try:
        record = msgspec.convert(content, DownloadRecord)
    except msgspec.ValidationError as error:
        raise RejectedError("not_a_download", place="the root", expected=f"a record of a download ({error})") from None
    return {"downloads": [msgspec.structs.asdict(record)]}, Findings()
