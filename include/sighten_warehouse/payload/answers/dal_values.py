"""Turns a DAL answer on one quote into one row per value of each requested metric."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers.baselines import baseline_of
from sighten_warehouse.payload.answers.dal import DalRows, is_refusal, is_sentinel, read_rows
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.json_text import canonical_json

NO_ITEM = 0  # the position of a row without a value
SCHEMA = pa.schema(
    [
        ("landing_id", pa.string()),
        ("quote_id", pa.string()),
        ("milestone_id", pa.string()),
        ("object", pa.string()),
        ("dal_object", pa.string()),
        ("metric", pa.string()),
        ("baseline", pa.string()),
        ("position", pa.int64()),
        ("answer", pa.string()),
        ("is_list", pa.bool_()),
        ("value", pa.string()),
        ("rescued", pa.string()),
        ("received_at", pa.timestamp("us")),
    ]
)
_DAL_OBJECT = re.compile(r"/api/data/([^/]+)")


def read(content: Any, request: ApiRequest) -> tuple[dict[str, list[Row]], Findings]:
    """Return the rows of `dal_values`; none if several metrics were refused together, as later calls show which.

    Each metric has at least one row, whose `answer` is `value`, `null`, `not_yet` (a sentinel), `empty` (no item),
    `missing` (not in the answer, or the quote does not exist) or `refused`.
    """
    findings = Findings()
    at, facts = At("", findings), _facts(request)
    if is_refusal(content, status=request.status, metrics=request.metrics):
        if len(request.metrics) != 1:
            return {}, findings
        metric = request.metrics[0]
        expected = f"a metric that the API knows, for {request.object}"
        at.report(f"data[].{metric}", "refused_metric", expected=expected, example=metric)
        return {"dal_values": [_row(facts, metric, "refused")]}, findings
    if request.status >= HTTPStatus.BAD_REQUEST:  # a 404; other errors are refusals
        return {"dal_values": [_row(facts, metric, "missing") for metric in request.metrics]}, findings
    dal_rows = read_rows(content, request.metrics, at)
    rows = [row for metric in request.metrics for row in _rows(facts, metric, dal_rows)]
    if rows and dal_rows.extra:
        rows[0]["rescued"] = canonical_json(dal_rows.extra).decode()
    return {"dal_values": rows}, findings


def _facts(request: ApiRequest) -> Row:
    """The fields that all rows of an answer share; `baseline` is that of the whole call, None without one."""
    path, query = urlsplit(request.target).path, parse_qs(urlsplit(request.target).query)
    found = _DAL_OBJECT.search(path)
    return {
        "quote_id": request.quote_id,
        "milestone_id": request.milestone_id,
        "object": request.object,
        "dal_object": found[1] if found else None,
        "baseline": query.get("baseline", [None])[0],
        "is_list": False,
        "position": NO_ITEM,
        "value": None,
    }


def _rows(facts: Row, metric: str, dal_rows: DalRows) -> Iterator[Row]:
    items, is_list = dal_rows.items(metric), dal_rows.is_list(metric)
    if not items:
        is_empty = not dal_rows.rows or any(metric in row for row in dal_rows.rows)
        yield _row(facts, metric, "empty" if is_empty else "missing") | {"is_list": is_list}
    for position, item in enumerate(items, NO_ITEM + 1):
        answer = "null" if item is None else "not_yet" if is_sentinel(item) else "value"
        value = canonical_json(item).decode() if answer == "value" else None
        yield _row(facts, metric, answer) | {"is_list": is_list, "position": position, "value": value}


def _row(facts: Row, metric: str, answer: str) -> Row:
    baseline = baseline_of(metric, otherwise=facts["baseline"])
    return facts | {"metric": metric, "baseline": baseline, "answer": answer}
