"""The fast path and the other give the same rows in every history table, whatever the payload."""

import json
import random
import shutil
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.seeds import seeds
from sighten_warehouse.lake.manifest import Manifest, history_file
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.layout import Layout
from sighten_warehouse.load import batch
from sighten_warehouse.load.batch import flatten_files
from sighten_warehouse.payload.shapes import MILESTONE, Shape
from support.factories import SAMPLE_BYTES, a_comment, a_document, a_milestone, a_sub_task, a_task, a_user, an_id
from support.worlds import a_world

RECEIVED_AT = datetime.fromisoformat("2026-11-01T12:00:00+00:00")
CORPUS = Path(__file__).parents[1] / "corpus" / "landing.ndjson"
Rows = dict[str, list[dict[str, Any]]]


def by_both_paths(lines: Sequence[bytes]) -> tuple[int, Rows, Rows]:
    """How many of the lines took the fast path; the rows of all tables with it, and without."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        fast = flattened(lines, Path(folder) / "fast")
        patch.setattr(batch, "decode_clean", lambda *_: None)
        return *fast, flattened(lines, Path(folder) / "conformed")[1]


def flattened(lines: Sequence[bytes], folder: Path) -> tuple[int, Rows]:
    layout = Layout(folder)
    name = write_landing_file(layout.landing, lines, received_at=RECEIVED_AT)
    same_name = f"{name.partition('/')[0]}/lines.ndjson"
    (layout.landing / name).rename(layout.landing / same_name)
    manifest = flatten_files(Manifest("b", {same_name: 0}), layout=layout)
    rows = {
        table: sorted(pq.read_table(history_file(layout, table, "b")).to_pylist(), key=repr)
        for table in manifest.history_files
    }
    assert manifest.history_files == {table: len(found) for table, found in rows.items()}
    return manifest.clean, rows


def landed(*bodies: Any) -> list[bytes]:
    return [
        landing_line(
            body if isinstance(body, bytes) else json.dumps(body).encode(),
            landing_id=str(UUID(int=number)),
            received_at=RECEIVED_AT + timedelta(seconds=number),
        )
        for number, body in enumerate(bodies)
    ]


def everything() -> dict[str, Any]:
    """A milestone with every known key of every shape."""
    return made(MILESTONE, iter(range(1_000_000)))


def made(shape: Shape, numbers: Any) -> dict[str, Any]:
    values = {"text": "Ünï", "timestamp": "2025-03-01T12:00:00.5Z", "integer": 1, "boolean": True}
    entity: dict[str, Any] = {}
    for known in shape.fields:
        fresh = str(UUID(int=next(numbers)))
        entity[known.key] = fresh if known.type == "uuid" else values[known.type].replace(".5Z", ".500000Z") if known.type == "timestamp" else values[known.type]
    entity |= {key: [made(child, numbers) for _ in range(2)] for key, child in shape.lists.items()}
    if shape.assignee_key:
        entity[shape.assignee_key] = a_user("A")
    if shape.has_data:
        entity["data"] = {key: [made(child, numbers)] for key, child in shape.all_lists.items() if key not in shape.lists}
    if "task_count" in entity:
        entity["task_count"] = 2
    return entity


# What may stand in the place of any value of a payload, near to clean and far from it.
HOSTILE = [
    None, "None", "", "x", "\x00", "\ud800", "é,é", 0, 1, -1, 1.0, 1.5, 2**63 - 1, 2**63, -(2**63), 10**30, True, False, [], {}, [None], ["None"],
    [{}], {"uuid": None}, "7a605ec8-d276-4d6c-bd47-52a483e28783", "7A605EC8-D276-4D6C-BD47-52A483E28783",
    "7a605ec8d2764d6cbd4752a483e28783", "{7a605ec8-d276-4d6c-bd47-52a483e28783}", " 7a605ec8-d276-4d6c-bd47-52a483e28783",
    "7a605ec8-d276-4d6c-bd47-52a483e2878,", "2025-03-01T12:00:00Z", "2025-03-01T12:00:00.000000Z", "2025-03-01T12:00:00.5Z",
    "2025-03-01T12:00:00.500000Z", "2025-02-30T12:00:00Z", "2025-03-01T24:00:00Z", "2025-03-01T23:59:60Z", "0000-03-01T12:00:00Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "2025-03-01T12:00:00", "2025-03-01T12:00:00+02:00", "2025-03-01 12:00:00Z", "2025-03-01", "２０２５-03-01T12:00:00Z",
    {"documents": None}, {"documents": [], "envelopes": None}, {"documents": [{"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "stale": None, "name": "None"}]},
    {"documents": "None"}, {"other": 1}, {"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "organization": None, "first_name": None},
    {"uuid": "None"}, {"organization": "7a605ec8-d276-4d6c-bd47-52a483e28783", "organization_name": None},
]  # fmt: skip


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container in the value with each of its keys."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(value, key) for key, _ in items]
    return found + [place for _, child in items for place in places(child)]


@st.composite
def payloads(draw: st.DrawFn) -> Any:
    """A milestone or one of its tasks, with a few values replaced, removed, added, repeated or moved."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    world = a_world(chance, "w")
    payload = draw(st.sampled_from([everything(), *world]))
    if chance.random() < 0.2 and isinstance(payload.get("tasks"), list) and payload["tasks"]:
        payload = payload["tasks"][0] | {"milestone": payload["uuid"], "date_updated": "2025-03-01T12:00:00Z"}
    payload = json.loads(json.dumps(payload))
    for _ in range(chance.choice([0, 1, 1, 1, 2, 5])):
        container, key = chance.choice(places(payload))
        change = chance.randrange(5)
        if change == 0 and isinstance(container, dict):
            del container[key]
        elif change == 1 and isinstance(container, list):
            container.append(container[key])
        elif change == 2 and isinstance(container, dict):
            container[chance.choice(["new", "uuid", "comments", "data", "tasks"])] = chance.choice(HOSTILE)
        else:
            container[key] = chance.choice(HOSTILE)
    return payload


@settings(max_examples=150, deadline=None)
@given(st.lists(payloads(), min_size=1, max_size=40))
def test_both_paths_give_the_same_rows(bodies: list[Any]) -> None:
    _, fast, conformed = by_both_paths(landed(*bodies))

    assert conformed == fast
