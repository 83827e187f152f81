"""Turns a DAL answer on one original quote into the quote that is signed now."""

from http import HTTPStatus
from typing import Any

import pyarrow as pa

from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers.dal import DalRows, is_sentinel, read_rows
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.fit import UNFIT, fit_uuid
from sighten_warehouse.payload.json_text import canonical_json

METRIC = "s_quote_id"
NO_QUOTE = (None, "", "None")
SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("quote_id", pa.string()),
        ("milestone_id", pa.string()),
        ("signed_quote_id", pa.string()),
        ("resolution", pa.string()),
        ("rescued", pa.string()),
        ("received_at", pa.timestamp("us")),
    ]
)


def read(content: Any, request: ApiRequest) -> tuple[dict[str, list[Row]], Findings]:
    """Return one row of `quotes`; none, and a finding, if the API refused the call.

    The metric may be a scalar or a list, in any number of rows. No row at all is `not_found`, like a 404; null, an
    empty list or a sentinel is `not_signed_yet`.
    """
    findings = Findings()
    at = At("", findings)
    if request.status >= HTTPStatus.BAD_REQUEST and request.status != HTTPStatus.NOT_FOUND:
        at.report("status", "refused_call", expected="a status below 300", example=request.status)
        return {}, findings
    dal_rows = read_rows(content, [METRIC], at) if request.status != HTTPStatus.NOT_FOUND else DalRows([], {})
    found, unfit = _quotes(dal_rows.items(METRIC), at)
    others = [quote_id for quote_id in found if quote_id != request.quote_id]
    if len(others) > 1:
        at.report(
            f"data[].{METRIC}", "several_signed_quotes", expected="one quote besides the original", example=others
        )
    candidates = others or found
    signed = candidates[-1] if candidates else None
    rescued = dal_rows.extra | ({METRIC: unfit} if unfit else {})
    row = {
        "quote_id": request.quote_id,
        "milestone_id": request.milestone_id,
        "signed_quote_id": signed,
        "resolution": "signed" if signed else ("not_signed_yet" if dal_rows.rows else "not_found"),
        "rescued": canonical_json(rescued).decode() if rescued else None,
    }
    return {"quotes": [row]}, findings


def _quotes(values: list[Any], at: At) -> tuple[list[str], list[Any]]:
    """Split the values into distinct quotes and unfit values; values that mean "no quote" are dropped."""
    found: dict[str, None] = {}
    unfit = []
    for value in values:
        quote_id = fit_uuid(value) if isinstance(value, str) else UNFIT
        if isinstance(quote_id, str):
            found[quote_id] = None
        elif value not in NO_QUOTE and not is_sentinel(value):
            at.report(f"data[].{METRIC}", "unfit_value", expected="a UUID, null or a sentinel", example=value)
            unfit.append(value)
    return list(found), unfit
