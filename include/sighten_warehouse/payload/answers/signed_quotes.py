"""From the DAL's answer on one original quote to which quote is signed now."""

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
NOTHING = (None, "", "None")
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


def read(content: Any, asked: ApiRequest) -> tuple[dict[str, list[Row]], Findings]:
    """One row of `quotes`; none, and a report, where the API refused to say.

    The metric is taken as a scalar or a list, in any number of rows. No row at all is `not_found`, as 404 is; null, an
    empty list or a sentinel is `not_signed_yet`.
    """
    findings = Findings()
    at = At("", findings)
    if asked.status >= HTTPStatus.BAD_REQUEST and asked.status != HTTPStatus.NOT_FOUND:
        at.report("status", "refused_call", expected="a status below 300", example=asked.status)
        return {}, findings
    answered = read_rows(content, [METRIC], at) if asked.status != HTTPStatus.NOT_FOUND else DalRows([], {})
    found, unfit = _quotes(answered.items(METRIC), at)
    others = [quote_id for quote_id in found if quote_id != asked.quote_id]
    if len(others) > 1:
        at.report(
            f"data[].{METRIC}", "several_signed_quotes", expected="one quote besides the original", example=others
        )
    told = others or found
    signed = told[-1] if told else None
    rescued = answered.extra | ({METRIC: unfit} if unfit else {})
    row = {
        "quote_id": asked.quote_id,
        "milestone_id": asked.milestone_id,
        "signed_quote_id": signed,
        "resolution": "signed" if signed else ("not_signed_yet" if answered.rows else "not_found"),
        "rescued": canonical_json(rescued).decode() if rescued else None,
    }
    return {"quotes": [row]}, findings


def _quotes(values: list[Any], at: At) -> tuple[list[str], list[Any]]:
    """The quotes among the values, each once, and what is neither a quote nor a way to say that there is none."""
    found: dict[str, None] = {}
    unfit = []
    for value in values:
        quote_id = fit_uuid(value) if isinstance(value, str) else UNFIT
        if isinstance(quote_id, str):
            found[quote_id] = None
        elif value not in NOTHING and not is_sentinel(value):
            at.report(f"data[].{METRIC}", "unfit_value", expected="a UUID, null or a sentinel", example=value)
            unfit.append(value)
    return list(found), unfit
