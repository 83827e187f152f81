"""Turns the list of a site's milestones into rows, to be compared with what was delivered."""

from typing import Any

import pyarrow as pa

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.fit import UNFIT, Fit, fit_text, fit_timestamp, fit_uuid

SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("milestone_id", pa.string()),
        ("site_id", pa.string()),
        ("status", pa.string()),
        ("date_updated", pa.timestamp("us")),
        ("site_updated_at", pa.timestamp("us")),
        ("compared_from_at", pa.timestamp("us")),
        ("asked_at", pa.timestamp("us")),
        ("received_at", pa.timestamp("us")),
    ]
)
_COLUMNS: tuple[tuple[str, str, Fit, str], ...] = (
    ("uuid", "milestone_id", fit_uuid, "a UUID"),
    ("status", "status", fit_text, "a text"),
    ("date_updated", "date_updated", fit_timestamp, "an ISO 8601 date and time"),
)


def read(content: Any, request: ApiRequest) -> tuple[dict[str, list[Row]], Findings]:
    """Return one row of `milestone_listings` per milestone; one without a valid uuid is reported and left out.

    Raises:
        RejectedError: the content is not a listing that `reconcile` landed.
    """
    listed = content.get("milestones") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise RejectedError("not_a_listing", place="milestones", expected="a list of the site's milestones")
    findings = Findings()
    at = At("milestones[].", findings)
    facts = {"site_id": request.site_id} | {
        column: _timestamp(text)
        for column, text in (
            ("site_updated_at", request.site_updated_at),
            ("compared_from_at", request.compared_from),
            ("asked_at", request.asked_at),
        )
    }
    rows = [_row(item, at) for item in listed]
    return {"milestone_listings": [row | facts for row in rows if row["milestone_id"] is not None]}, findings


def _row(item: Any, at: At) -> Row:
    fields = item if isinstance(item, dict) else {}
    row: Row = {}
    for key, column, fit, expected in _COLUMNS:
        value = fields.get(key)
        fitted = None if value is None and key != "uuid" else fit(value)
        if fitted is UNFIT:
            at.report(key, "unfit_value", expected=expected, example=value)
            fitted = None
        row[column] = fitted
    return row


def _timestamp(text: str | None) -> Any:
    timestamp = fit_timestamp(text)
    return None if timestamp is UNFIT else timestamp
