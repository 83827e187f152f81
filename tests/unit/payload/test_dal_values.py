"""Reading DAL answers in every shape."""

from typing import Any

import pytest

from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers.dal_values import read

APPROVED = "APPROVED_BASELINE_NONEXISTANT"
Values = list[tuple[int, str, str | None, bool]]


def a_request(*metrics: str, status: int = 200, query: str = "") -> ApiRequest:
    target = f"/somewhere/api/data/site/?metrics={','.join(metrics)}&quote_id=q{query}"
    return ApiRequest(purpose="dal", target=target, status=status, quote_id="q", object="usage", metrics=metrics)


def values_of(content: Any, *metrics: str, status: int = 200) -> Values:
    staged, _ = read(content, a_request(*metrics, status=status))
    return [(row["position"], row["answer"], row["value"], row["is_list"]) for row in staged.get("dal_values", [])]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ({"data": [{"metric": 1.5}]}, [(1, "value", "1.5", False)]),
        ({"data": {"metric": "x"}, "took": 5}, [(1, "value", '"x"', False)]),
        ({"data": "x"}, [(1, "value", '"x"', False)]),
        ({"data": ["x"]}, [(1, "value", '"x"', False)]),
        ([{"metric": False}], [(1, "value", "false", False)]),
        ({"metric": 7}, [(1, "value", "7", False)]),
        ({"data": [{"metric": [3]}]}, [(1, "value", "3", True)]),
        (
            {"data": [{"metric": ["", None, {"b": 1, "a": [2]}]}]},
            [(1, "value", '""', True), (2, "null", None, True), (3, "value", '{"a":[2],"b":1}', True)],
        ),
        ({"data": [{"metric": 1}, {"metric": [2, 3]}]}, [(n, "value", str(n), True) for n in (1, 2, 3)]),
        ({"data": [{"metric": None}]}, [(1, "null", None, False)]),
        ({"data": [{"metric": []}]}, [(0, "empty", None, True)]),
        ({"data": []}, [(0, "empty", None, False)]),
        ({"data": [{"metric": APPROVED}]}, [(1, "not_yet", None, False)]),
        ({"data": [{"metric": [APPROVED]}]}, [(1, "not_yet", None, True)]),
        ({"data": [{}]}, [(0, "missing", None, False)]),
    ],
)
def test_every_shape_of_an_answer_is_understood(content: Any, expected: Values) -> None:
    assert expected == values_of(content, "metric")


@pytest.mark.parametrize(
    ("content", "status", "metrics", "expected"),
    [
        ({"detail": "Not found."}, 404, ["one", "two"], ["missing", "missing"]),
        ({"detail": "No metric two."}, 404, ["two"], ["refused"]),
        ({"detail": "No metric two."}, 404, ["one", "two"], []),
        ({"messages": {"error": ["Metric two."]}}, 400, ["one", "two"], []),
        ({"messages": {"error": ["Metric two."]}}, 400, ["two"], ["refused"]),
        (None, 400, ["two"], ["refused"]),
        ("Not a word of bettwo.", 404, ["two"], ["missing"]),
    ],
)
def test_a_refusal_counts_for_a_metric_that_was_requested_alone(
    content: Any, status: int, metrics: list[str], expected: list[str]
) -> None:
    assert expected == [answer for _, answer, _, _ in values_of(content, *metrics, status=status)]


@pytest.mark.parametrize(
    ("content", "drift"),
    [
        ({"data": [{"one": 1}]}, {("data[].two", "missing_metric")}),
        ({"data": [{"one": 1, "two": 2, "three": 3}]}, {("data[].three", "unknown_field")}),
        ({"data": "soon"}, {("data", "unfit_value")}),
        ({"data": ["soon"]}, {("data[]", "unfit_value")}),
    ],
)
def test_findings_of_an_answer_are_reported(content: Any, drift: set[tuple[str, str]]) -> None:
    _, findings = read(content, a_request("one", "two"))

    assert drift == {(finding.path, finding.drift) for finding in findings.drift.values()}


def test_fields_that_were_not_requested_are_rescued() -> None:
    staged, _ = read({"data": [{"one": 1, "two": 2, "three": 3}]}, a_request("one", "two"))

    assert ['{"three":3}', None] == [row.get("rescued") for row in staged["dal_values"]]


def test_object_and_baseline_come_from_address_and_prefix() -> None:
    content = {"data": [{"x": 1, "p_x": 1, "s_x": 1, "a_x": 1, "p_": 1}]}

    live, _ = read(content, a_request(*content["data"][0]))
    signed, _ = read(content, a_request("x", "a_x", query="&baseline=signed"))

    assert ["live", "proposed", "signed", "approved", "live"] == [row["baseline"] for row in live["dal_values"]]
    assert ["signed", "approved"] == [row["baseline"] for row in signed["dal_values"]]
    assert {("usage", "site")} == {(row["object"], row["dal_object"]) for row in live["dal_values"]}
