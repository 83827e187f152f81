"""The fast path and the other give the same rows in every history table, whatever the payload."""

import json
import random
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from functools import reduce
from itertools import count
from operator import getitem
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sighten_warehouse.lake.manifest import Manifest, history_file
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.layout import Layout
from sighten_warehouse.load import batch
from sighten_warehouse.load.batch import flatten_files
from sighten_warehouse.payload.shapes import DATA_LISTS, MILESTONE, TASK_ROOT, USER, Shape
from support.factories import a_comment, a_milestone, a_task, a_user, an_id, sample_as_json
from support.worlds import a_world

pytestmark = pytest.mark.deep

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


def everything(*, children: int = 1) -> dict[str, Any]:
    """A milestone with every known key, and that many children in every list."""
    return _made(MILESTONE, map(UUID, map("{:032x}".format, count(1))), children)


def a_whole_task() -> dict[str, Any]:
    """A task-shaped payload with every known key."""
    return _made(TASK_ROOT, map(UUID, map("{:032x}".format, count(1))), 1)


def _made(shape: Shape, ids: Iterator[UUID], children: int) -> dict[str, Any]:
    values = {"text": "Ünï", "timestamp": "2025-03-01T12:00:00.500000Z", "integer": children, "boolean": True}
    entity = {known.key: str(next(ids)) if known.type == "uuid" else values[known.type] for known in shape.fields}
    for key, child in shape.lists.items():
        entity[key] = [_made(child, ids, children) for _ in range(children)]
    if shape.assignee_key:
        entity[shape.assignee_key] = _made(USER, ids, children)
    if shape.has_data:
        entity["data"] = {key: [_made(child, ids, children)] for key, child in DATA_LISTS.items()}
    return entity


# What may stand in the place of any value of a payload, near to clean and far from it.
HOSTILE = [
    None,
    "None",
    "",
    "x",
    "\x00",
    "\ud800",
    "é,é",
    0,
    1,
    -1,
    1.0,
    1.5,
    2**63 - 1,
    2**63,
    -(2**63),
    10**30,
    True,
    False,
    [],
    {},
    [None],
    ["None"],
    [{}],
    {"uuid": None},
    "7a605ec8-d276-4d6c-bd47-52a483e28783",
    "7A605EC8-D276-4D6C-BD47-52A483E28783",
    "7a605ec8d2764d6cbd4752a483e28783",
    "{7a605ec8-d276-4d6c-bd47-52a483e28783}",
    " 7a605ec8-d276-4d6c-bd47-52a483e28783",
    "7a605ec8-d276-4d6c-bd47-52a483e2878,",
    "2025-03-01T12:00:00Z",
    "2025-03-01T12:00:00.000000Z",
    "2025-03-01T12:00:00.5Z",
    "2025-03-01T12:00:00.500000Z",
    "2025-02-30T12:00:00Z",
    "2025-03-01T24:00:00Z",
    "2025-03-01T23:59:60Z",
    "0000-03-01T12:00:00Z",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "2025-03-01T12:00:00",
    "2025-03-01T12:00:00+02:00",
    "2025-03-01 12:00:00Z",
    "2025-03-01",
    "\uff12025-03-01T12:00:00Z",
    {"documents": None},
    {"documents": [], "envelopes": None},
    {"documents": [{"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "stale": None, "name": "None"}]},
    {"documents": "None"},
    {"other": 1},
    {"uuid": "7a605ec8-d276-4d6c-bd47-52a483e28783", "organization": None, "first_name": None},
    {"uuid": "None"},
    {"organization": "7a605ec8-d276-4d6c-bd47-52a483e28783", "organization_name": None},
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside the value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, child in items for found in ((*path, key), *places(child, (*path, key)))]


def changed(payload: Any, path: Sequence[Any], value: Any) -> Any:
    """A copy of the payload with that value at the path."""
    if not path:
        return value
    copy = list(payload) if isinstance(payload, list) else dict(payload)
    copy[path[0]] = changed(copy[path[0]] if len(path) > 1 else None, path[1:], value)
    return copy


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
        *path, key = chance.choice(places(payload))
        container = reduce(getitem, path, payload)
        change = chance.randrange(5)
        if change == 0 and isinstance(container, dict):
            del container[key]
        elif change == 1 and isinstance(container, list):
            container.append(container[key])
        elif change == 2 and isinstance(container, dict):
            container[chance.choice(["new", "uuid", "comments", "data", "tasks"])] = deepcopy(chance.choice(HOSTILE))
        else:
            container[key] = deepcopy(chance.choice(HOSTILE))
    return payload


@settings(max_examples=15)
@given(st.lists(payloads(), min_size=1, max_size=30))
def test_both_paths_give_the_same_rows(bodies: list[Any]) -> None:
    _, fast, conformed = by_both_paths(landed(*bodies))

    assert conformed == fast


@pytest.mark.parametrize(
    ("payload", "depth"), [(everything(), 3), (a_whole_task(), 9)], ids=["a milestone's own fields", "a task"]
)
def test_both_paths_give_the_same_rows_whatever_stands_in_one_place(payload: Any, depth: int) -> None:
    paths = [path for path in places(payload) if len(path) <= depth]
    bodies = [changed(payload, path, value) for path in paths for value in HOSTILE]

    clean, fast, conformed = by_both_paths(landed(*bodies))

    assert 0 < clean < len(bodies)
    assert conformed == fast


def test_both_paths_give_the_same_rows_for_the_corpus() -> None:
    clean, fast, conformed = by_both_paths(CORPUS.read_bytes().splitlines(keepends=True))

    assert 0 < clean < len(fast["deliveries"])
    assert conformed == fast


def test_the_same_mention_of_a_user_or_organization_counts_on_both_paths() -> None:
    def said(name: str, by: str) -> dict[str, Any]:
        return a_comment(name, name, "2025-03-01T12:00:00Z", commenter_id=an_id("user"), commentor=by)

    nameless = a_user("A") | {"organization_name": None}
    tasks = [a_task("a", assigned_to=nameless, comments=[said("on task", "b@x"), said("later", "a@x")]), a_task("b")]
    milestone = a_milestone(tasks=tasks, assigned_to=nameless, comments=[said("on milestone", "c@x")])

    clean, fast, conformed = by_both_paths(landed(milestone))
    [author] = [user["email"] for user in fast["users"] if user["user_id"] == an_id("user")]

    assert 1 == clean
    assert conformed == fast
    assert ("b@x", "Example Solar") == (author, fast["organizations"][0]["name"])


def test_a_batch_written_in_many_groups_has_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = CORPUS.read_bytes().splitlines(keepends=True)
    at_once = flattened(lines, tmp_path / "at once")
    for limit in ("MAX_BUFFERED_BYTES", "MAX_CONFORMED_BYTES", "CLEAN_BYTES"):
        monkeypatch.setattr(batch, limit, CORPUS.stat().st_size // 8)

    in_groups = flattened(lines, tmp_path / "in groups")
    snapshots = pq.ParquetFile(history_file(Layout(tmp_path / "in groups"), "snapshots", "b"))

    assert at_once == in_groups
    assert snapshots.num_row_groups > 1


def test_payloads_of_the_vendors_kind_are_clean() -> None:
    bodies = [sample_as_json(), everything(children=3), a_whole_task(), a_milestone(tasks=[])]

    clean, fast, conformed = by_both_paths(landed(*bodies))

    assert len(bodies) == clean
    assert conformed == fast
