from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from sighten_warehouse.api.answer import Answer
from sighten_warehouse.api.collect import land_answers
from sighten_warehouse.landing.api_request import ApiRequest
from sighten_warehouse.payload.answers.signed_quotes import read
from support.warehouses import Warehouse

ORIGINAL = "11111111-1111-4111-8111-111111111111"
SECOND = "22222222-2222-4222-8222-222222222222"
THIRD = "33333333-3333-4333-8333-333333333333"
SENTINEL = "SIGNED_BASELINE_NONEXISTANT"
MOMENT = datetime(2026, 11, 1, 10, tzinfo=UTC)


def asked(status: int = 200) -> ApiRequest:
    return ApiRequest(purpose="signed_quote", target="/api/data/workflow/", status=status, quote_id=ORIGINAL)


def answer(content: Any, *, status: int = 200) -> Answer:
    body = msgspec.json.encode(content)
    return Answer("/api/data/workflow/", "/api/data/workflow/", status, "application/json", body, MOMENT, content)


@pytest.mark.parametrize(
    ("content", "signed", "resolution"),
    [
        ({"data": [{"s_quote_id": SECOND}]}, SECOND, "signed"),
        ({"data": [{"s_quote_id": [SECOND]}]}, SECOND, "signed"),
        ({"data": SECOND}, SECOND, "signed"),
        ({"data": [SECOND]}, SECOND, "signed"),
        ({"s_quote_id": SECOND}, SECOND, "signed"),
        ({"data": {"s_quote_id": "{" + SECOND.upper() + "}"}}, SECOND, "signed"),
        ({"data": [{"s_quote_id": ORIGINAL}]}, ORIGINAL, "signed"),
        ({"data": [{"s_quote_id": ORIGINAL}, {"s_quote_id": SECOND}]}, SECOND, "signed"),
        ({"data": [{"s_quote_id": [SECOND, None, SENTINEL]}]}, SECOND, "signed"),
        ({"data": [{"s_quote_id": None}]}, None, "not_signed_yet"),
        ({"data": [{"s_quote_id": []}]}, None, "not_signed_yet"),
        ({"data": [{"s_quote_id": SENTINEL}]}, None, "not_signed_yet"),
        ({"data": [{"s_quote_id": [SENTINEL]}]}, None, "not_signed_yet"),
        ({"data": []}, None, "not_found"),
        ({"data": None}, None, "not_found"),
        ([], None, "not_found"),
    ],
)
def test_every_shape_of_a_signed_quote_is_understood(content: Any, signed: str | None, resolution: str) -> None:
    staged, findings = read(content, asked())

    assert [(signed, resolution)] == [(row["signed_quote_id"], row["resolution"]) for row in staged["quotes"]]
    assert {} == findings.drift


@pytest.mark.parametrize(
    ("content", "status", "drift"),
    [
        ({"data": [{"s_quote_id": [SECOND, THIRD]}]}, 200, "several_signed_quotes"),
        ({"data": [{"s_quote_id": "soon"}]}, 200, "unfit_value"),
        ({"data": [{}]}, 200, "missing_metric"),
        ({"data": [{"s_quote_id": SECOND, "other": 1}]}, 200, "unknown_field"),
        ({"data": ["soon"]}, 200, "unfit_value"),
        ({"data": "soon"}, 200, "unfit_value"),
        ({"messages": {"error": ["no such metric"]}}, 400, "refused_call"),
    ],
)
def test_findings_of_an_answer_are_reported(content: Any, status: int, drift: str) -> None:
    _, findings = read(content, asked(status))

    assert [drift] == [finding.drift for finding in findings.drift.values()]


def test_answers_are_landed_as_received_and_the_latest_counts(warehouse: Warehouse) -> None:
    first = answer({"data": [{"s_quote_id": SECOND}]})
    later = answer({"detail": "Not found."}, status=404)
    landing = warehouse.settings.layout.landing

    land_answers(landing, [(first, asked())])
    land_answers(landing, [(later, asked(404))])
    warehouse.load()
    warehouse.publish()

    assert [(ORIGINAL, None, "not_found")] == warehouse.rows(
        "select quote_id, signed_quote_id, resolution from main.quotes"
    )
    assert [("api", "signed_quote", "applied"), ("api", "signed_quote", "superseded")] == warehouse.rows(
        "select source, kind, outcome from ops.deliveries order by outcome"
    )
