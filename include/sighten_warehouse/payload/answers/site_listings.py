"""Turns a page of Sighten's list of sites into rows with the time of last update."""

from typing import Any

import pyarrow as pa

from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.fit import UNFIT, fit_timestamp, fit_uuid

SITE_ID, SITE_UPDATED_AT = "site_id", "site_last_updated"
METRICS = (SITE_ID, SITE_UPDATED_AT)
# Keys in the DAL's list and in the list of projects. The latter's key for the time is undocumented: try likely names.
_IDS = (SITE_ID, "uuid")
_TIMES = (SITE_UPDATED_AT, "last_updated", "date_updated")
SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("site_id", pa.string()),
        ("site_updated_at", pa.timestamp("us")),
        ("is_whole_list", pa.bool_()),
        ("received_at", pa.timestamp("us")),
    ]
)


def read(content: Any, request: ApiRequest) -> tuple[dict[str, list[Row]], Findings]:
    """Return one row of `site_listings` per site on the page; an entry without a valid id is reported and left out.

    A list that was not limited to one site is whole: sites that it lacks did not exist or were not visible.
    """
    findings = Findings()
    at = At("", findings)
    rows = [_row(item, at) for item in _items(content)]
    facts = {"is_whole_list": request.site_id is None}
    return {"site_listings": [row | facts for row in rows if row["site_id"] is not None]}, findings


def _items(content: Any) -> list[Any]:
    if isinstance(content, dict):
        content = content.get("results", content.get("data"))
    return content if isinstance(content, list) else []


def _row(item: Any, at: At) -> Row:
    facts = item if isinstance(item, dict) else {}
    site_id, site_updated_at = _first(facts, _IDS), _first(facts, _TIMES)
    row: Row = {"site_id": fit_uuid(site_id), "site_updated_at": None}
    if site_updated_at is not None:
        row["site_updated_at"] = fit_timestamp(site_updated_at)
    for name, expected, given in (
        ("site_id", "a UUID", site_id),
        ("site_updated_at", "an ISO 8601 date and time", site_updated_at),
    ):
        if row[name] is UNFIT:
            row[name] = None
            at.report(f"[].{name}", "unfit_value", expected=expected, example=given)
    return row


def _first(facts: Row, keys: tuple[str, ...]) -> Any:
    return next((value for key in keys if (value := _alone(facts.get(key))) not in (None, "None")), None)


def _alone(value: Any) -> Any:
    """Unwrap a list of at most one value: the DAL may return any metric as a list."""
    return (value[0] if value else None) if isinstance(value, list) and len(value) <= 1 else value
