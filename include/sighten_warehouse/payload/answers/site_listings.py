"""From a page of Sighten's list of sites to when each of them was last updated."""

from typing import Any

import pyarrow as pa

from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.fit import UNFIT, fit_timestamp, fit_uuid

SITE_ID, SITE_UPDATED_AT = "site_id", "site_last_updated"
METRICS = (SITE_ID, SITE_UPDATED_AT)
# The DAL's list and that of projects; how the latter calls the time is not documented, so likely names are tried.
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


def read(content: Any, asked: ApiRequest) -> tuple[dict[str, list[Row]], Findings]:
    """One row of `site_listings` for each site on the page; what is none is reported, and costs itself only.

    A list that was not limited to one site is whole: what it lacks was not there, or not to be seen.
    """
    findings = Findings()
    at = At("", findings)
    rows = [_row(item, at) for item in _items(content)]
    facts = {"is_whole_list": asked.site_id is None}
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
    """The DAL may tell any metric as a list; of a site there is one id, and one time or none."""
    return (value[0] if value else None) if isinstance(value, list) and len(value) <= 1 else value
