"""Any bytes, and any value under a known key, give one outcome and valid rows, and lose nothing."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fuzz.invariants import LANDING_ID, RECEIVED_AT, check_body, check_line
from fuzz.seeds import seeds
from sighten_warehouse.landing.api_request import ApiRequest, Purpose
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import API_REQUEST_HEADER, landing_line
from sighten_warehouse.payload.answers.readers import ANSWER_READERS
from sighten_warehouse.payload.shapes import COMMENT, DOCUMENT, MILESTONE, SUB_TASK, TASK, USER

pytestmark = pytest.mark.deep

KEYS = sorted({key for shape in (COMMENT, DOCUMENT, MILESTONE, SUB_TASK, TASK, USER) for key in shape.by_key})
KEYS += [
    "tasks",
    "sub_tasks",
    "documents",
    "envelopes",
    "signers",
    "comments",
    "data",
    "assigned_to",
    "milestone",
    "new",
    "\ud800\x00",
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["None", "", "2025-03-01T12:00:00Z", "7A605EC8D2764D6CBD4752A483E28783", "\ud800", "\x00"])
)
PAYLOADS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=8),
    max_leaves=40,
)
ANSWER_KEYS = ["data", "results", "milestones", "milestone", "workflow", "tasks", "task", "uuid", "alias", "\ud800\x00"]
ANSWERS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(ANSWER_KEYS), inner, max_size=6),
    max_leaves=20,
)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_body_have_one_outcome(body: bytes) -> None:
    check_body(body)


@given(st.binary(max_size=200))
def test_any_bytes_as_a_landing_line_have_one_outcome(raw: bytes) -> None:
    check_line(raw)


@given(st.dictionaries(st.sampled_from(KEYS), PAYLOADS, max_size=12))
def test_any_value_under_known_keys_has_one_outcome(payload: dict[str, Any]) -> None:
    with_identity = payload | {"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "task_count": 1}

    assert "loaded" == check_body(json.dumps(with_identity).encode()).row["outcome"]
    check_body(json.dumps(payload).encode())
    check_body(repr(payload).encode())


@example("download", {"\ud800": None})
@given(st.sampled_from(list(ANSWER_READERS)), ANSWERS)
def test_any_answer_of_the_api_has_one_outcome(purpose: Purpose, content: Any) -> None:
    request = ApiRequest(purpose=purpose, target="/api/x", status=200, object="quote", metrics=("alias",))
    headers = {API_REQUEST_HEADER: msgspec.json.encode(request).decode()}
    body = json.dumps(content).encode()

    check_line(landing_line(body, landing_id=LANDING_ID, received_at=RECEIVED_AT, source="api", headers=headers))


@pytest.mark.parametrize("seed", seeds())
def test_the_seeds_of_fuzzing_hold_every_invariant(seed: bytes) -> None:
    (check_line if seed[:1] == b"\x00" else check_body)(seed[1:])


@pytest.mark.parametrize(
    "forged",
    [
        {"body_bytes": 2**80},
        {"body_bytes": -1},
        {"received_at": "0001-01-01T00:00:00+14:00"},
        {"landing_id": "1; drop"},
    ],
)
def test_a_forged_landing_line_costs_itself_only(forged: dict[str, Any], warehouse: Any) -> None:
    warehouse.land({"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "tasks": []}, {})
    [file] = warehouse.settings.layout.landing.glob("*/*.ndjson")
    line = landing_line(b"{}", landing_id=new_landing_id(), received_at=warehouse.clock)
    file.write_bytes(file.read_bytes() + json.dumps(json.loads(line) | forged).encode() + b"\n")

    result = warehouse.load()

    assert (3, 1, 1, 1) == (result.landed, result.loaded, result.ignored, result.quarantined)
