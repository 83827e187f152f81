"""The landed record of one download attempt, and its row."""

from typing import Any, Literal, get_args

import msgspec
import pyarrow as pa

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import Findings

RECORD_TYPE = "application/vnd.sighten-warehouse.download+json"

# Meaning of each status, and when the document is tried again: docs/rules.md and sql/ops/downloads.sql.
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
    "erased",
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
    """One download attempt; with the vault, all that a rebuild needs.

    Args:
        document_id: the document.
        download_status: the outcome.
        reason: why it was not stored, or what is odd about the stored bytes.
        sha256: hash of the stored bytes, also their name in the vault.
        size_bytes: size of the stored bytes.
        mime_type: type detected from the stored bytes.
        vault_path: path below the environment's home.
        http_status: status of the last response; None without one.
        route: the last route tried, `document` or `sub_task`; None if no request was made.
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
    """Return one row of `downloads`.

    Raises:
        RejectedError: the content is not a download record.
    """
    try:
        record = msgspec.convert(content, DownloadRecord)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise RejectedError("not_a_download", place="the root", expected=f"a record of a download ({error})") from None
    return {"downloads": [msgspec.structs.asdict(record)]}, Findings()
