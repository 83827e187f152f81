"""Reads rows of metrics from the DAL's answers, which come in several shapes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from sighten_warehouse.payload.conform import Row
from sighten_warehouse.payload.drift import At, Findings
from sighten_warehouse.payload.json_text import json_text

# APPROVED_BASELINE_NONEXISTANT is the vendor's spelling; the sentinels of other baselines may be spelt either way.
_SENTINEL = re.compile(r"[A-Z]+(_[A-Z]+)*_NON_?EXIST[AE]NT")


@dataclass(frozen=True)
class DalRows:
    """The rows of an answer with the requested metrics; `extra` holds other fields."""

    rows: list[Row]
    extra: Row

    def items(self, metric: str) -> list[Any]:
        """Return the metric's values from all rows; lists are flattened."""
        values = [row[metric] for row in self.rows if metric in row]
        return [item for value in values for item in (value if isinstance(value, list) else [value])]

    def is_list(self, metric: str) -> bool:
        """Whether the metric came as a list, or in more than one row."""
        return len(self.rows) > 1 or any(isinstance(row.get(metric), list) for row in self.rows)


def is_refusal(content: Any, *, status: int, metrics: Sequence[str]) -> bool:
    """Whether the DAL refuses a metric or the whole call; a 404 counts only if it names a metric."""
    if status == HTTPStatus.NOT_FOUND:
        return any(names_metric(content, metric) for metric in metrics)
    return status >= HTTPStatus.BAD_REQUEST


def names_metric(content: Any, metric: str) -> bool:
    """Whether the answer contains the metric's name."""
    return re.search(rf"(?<!\w){re.escape(metric)}(?!\w)", json_text(content)) is not None


def has_any_row(content: Any, metrics: Sequence[str]) -> bool:
    """Whether the answer has a row, with or without the metrics."""
    return bool(read_rows(content, metrics, At("", Findings())).rows)


def read_rows(content: Any, metrics: Sequence[str], at: At) -> DalRows:
    """Read the rows of an answer that is not an error, and report findings.

    Rows are a list or a single object, under `data` or at the root. A single metric's value may also stand alone.
    """
    rows: list[Row] = []
    extra: Row = {}
    for row in _listed(content, metrics, at):
        if not isinstance(row, dict):
            at.report("data[]", "unfit_value", expected="an object", example=row)
            continue
        rows.append({metric: row[metric] for metric in metrics if metric in row})
        for key in row.keys() - set(metrics):
            at.report(f"data[].{key}", "unknown_field", expected="only metrics that were asked for", example=row[key])
            extra[key] = row[key]
        for metric in metrics:
            if metric not in row:
                expected = "the metric that was asked for"
                at.report(f"data[].{metric}", "missing_metric", expected=expected, example=row)
    return DalRows(rows, extra)


def _listed(content: Any, metrics: Sequence[str], at: At) -> list[Any]:
    is_bare = not isinstance(content, dict) or ("data" not in content and any(metric in content for metric in metrics))
    data = content if is_bare else content.get("data")
    rows = data if isinstance(data, list) else [] if data is None else [data]
    if len(metrics) == 1:
        return [row if isinstance(row, dict) else {metrics[0]: row} for row in rows]
    if rows and rows is not data and not isinstance(data, dict):
        at.report("data", "unfit_value", expected="a list of objects", example=data)
        return []
    return rows


def is_sentinel(value: Any) -> bool:
    """Whether the value is a sentinel that means "not yet"."""
    return isinstance(value, str) and _SENTINEL.fullmatch(value.strip()) is not None
