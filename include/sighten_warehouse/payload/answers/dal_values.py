"""From the DAL's answer on one quote to one row for each value of each metric that was asked for."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pyarrow as pa

from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers.dal import DalRows, is_refusal, is_sentinel, read_rows
from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.json_text import canonical_json

BASELINES = {"p_": "proposed", "s_": "signed", "a_": "approved"}
LIVE = "live"
NO_ITEM = 0  # the position of what an answer without items says
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


def baseline_of(metric: str, *, otherwise: str | None = None) -> str:
    """The data baseline that the metric's prefix chooses; without one, that of the whole call."""
    prefix = metric[:2] if len(metric) > len("p_") else ""
    return BASELINES.get(prefix) or otherwise or LIVE


def read(content: Any, asked: ApiRequest) -> tuple[dict[str, list[Row]], Findings]:
    """The rows of `dal_values`; none where several metrics were refused together, since one by one tells which.

    Of each metric there is at least one row, which says what became of it: `value`, `null`, `not_yet` (a sentinel),
    `empty` (no item), `missing` (not in the answer, or the quote is not there) or `refused`.
    """
    findings = Findings()
    at, facts = At("", findings), _facts(asked)
    if is_refusal(content, status=asked.status, metrics=asked.metrics):
        if len(asked.metrics) != 1:
            return {}, findings
        metric = asked.metrics[0]
        expected = f"a metric that the API knows, for {asked.object}"
        at.report(f"data[].{metric}", "refused_metric", expected=expected, example=metric)
        return {"dal_values": [_row(facts, metric, "refused")]}, findings
    if asked.status >= HTTPStatus.BAD_REQUEST:  # 404: whatever else there is was a refusal
        return {"dal_values": [_row(facts, metric, "missing") for metric in asked.metrics]}, findings
    answered = read_rows(content, asked.metrics, at)
    rows = [row for metric in asked.metrics for row in _rows(facts, metric, answered)]
    if rows and answered.extra:
        rows[0]["rescued"] = canonical_json(answered.extra).decode()
    return {"dal_values": rows}, findings


def _facts(asked: ApiRequest) -> Row:
    """What all rows of an answer have in common; the baseline is that of the whole call, None without one."""
    path, query = urlsplit(asked.target).path, parse_qs(urlsplit(asked.target).query)
    found = _DAL_OBJECT.search(path)
    return {
        "quote_id": asked.quote_id,
        "milestone_id": asked.milestone_id,
        "object": asked.object,
        "dal_object": found[1] if found else None,
        "baseline": query.get("baseline", [None])[0],
        "is_list": False,
        "position": NO_ITEM,
        "value": None,
    }


def _rows(facts: Row, metric: str, answered: DalRows) -> Iterator[Row]:
    items, is_list = answered.items(metric), answered.is_list(metric)
    if not items:
        was_there = not answered.rows or any(metric in row for row in answered.rows)
        yield _row(facts, metric, "empty" if was_there else "missing") | {"is_list": is_list}
    for position, item in enumerate(items, NO_ITEM + 1):
        answer = "null" if item is None else "not_yet" if is_sentinel(item) else "value"
        value = canonical_json(item).decode() if answer == "value" else None
        yield _row(facts, metric, answer) | {"is_list": is_list, "position": position, "value": value}


def _row(facts: Row, metric: str, answer: str) -> Row:
    baseline = baseline_of(metric, otherwise=facts["baseline"])
    return facts | {"metric": metric, "baseline": baseline, "answer": answer}
