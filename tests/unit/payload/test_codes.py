"""Codes: any code loads, each unknown code is reported, and a home may add known codes."""

import json
from pathlib import Path

import pytest

from sighten_warehouse.errors import SettingError
from sighten_warehouse.layout import Layout
from sighten_warehouse.payload.codes import KNOWN_CODES, own_codes, parse_codes
from sighten_warehouse.payload.shapes import MILESTONE, TASK_ROOT, Shape
from sighten_warehouse.publish.versions import is_current
from support.factories import SAMPLE_BYTES, a_milestone, a_task
from support.warehouses import Warehouse

UNKNOWN = "select path, code_field, example, deliveries, occurrences from ops.drift where drift = 'unknown_code'"


def know(warehouse: Warehouse, text: str) -> None:
    path = warehouse.settings.layout.codes
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_each_unknown_code_is_reported_until_the_home_knows_it(warehouse: Warehouse) -> None:
    tasks = [a_task("a", status="NO"), a_task("b", status="10"), a_task("c", status="10")]
    warehouse.deliver(a_milestone(tasks=tasks, status="ODD"))
    before = set(warehouse.rows(f"{UNKNOWN} and path like 'tasks%'"))
    history = warehouse.rows("select * from history.drift order by all")

    know(warehouse, "# ours\ntask_status: [NO, '10']\n")
    current = is_current(warehouse.settings)
    warehouse.publish()

    assert {
        ("tasks[].status", "task_status", '"NO"', 1, 1),
        ("tasks[].status", "task_status", '"10"', 1, 2),
    } == before
    assert not current
    assert is_current(warehouse.settings)
    assert [("status", "milestone_status", '"ODD"', 1, 1)] == warehouse.rows(UNKNOWN)
    assert history == warehouse.rows("select * from history.drift order by all")


def test_the_codes_of_the_simulated_sighten_and_of_the_sample_are_known(simulated: Warehouse) -> None:
    assert [] == simulated.rows(UNKNOWN)
    assert 300 < simulated.value("select count(*) from milestones")


def test_the_product_s_codes_are_known_in_what_older_code_loaded(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("sighten_warehouse.payload.conform.KNOWN_CODES", dict.fromkeys(KNOWN_CODES, frozenset()))
        warehouse.take_in(a_milestone(status="SUBMITTED"))

    warehouse.publish()

    assert [] == warehouse.rows(UNKNOWN)


def test_a_code_that_is_known_for_one_field_is_unknown_for_another(warehouse: Warehouse) -> None:
    know(warehouse, "task_status: [ODD]")

    warehouse.deliver(a_milestone(status="ODD"))

    assert "milestone_status" in warehouse.column("select code_field from ops.drift where drift = 'unknown_code'")


def test_a_long_code_is_known_by_its_shortened_example(warehouse: Warehouse) -> None:
    long = "X" * 1000
    know(warehouse, json.dumps({"milestone_status": [long]}))

    warehouse.deliver(a_milestone(status=long))

    assert [] == warehouse.rows(UNKNOWN)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("task_status: [A", "line 1, column 16: expected YAML"),
        ("- A", "line 1, column 1: expected fields, each with a list"),
        ("\n\ntask_statuses: [A]", "line 3, column 1: task_statuses: expected one of comment_type,"),
        ("task_status: [A]\ntask_status: [B]", "line 2, column 1: task_status stands twice"),
        ("task_status: A", "line 1, column 14: task_status: expected a list of codes"),
        ("task_status: [A, [B]]", "line 1, column 18: task_status: expected a code"),
        ("task_status: [\x00]", "expected YAML"),
        ("task_status: [\ud800]", "byte 14: expected text in UTF-8"),
    ],
)
def test_an_ill_formed_list_is_refused_with_its_name_and_the_place(tmp_path: Path, text: str, message: str) -> None:
    layout = Layout(tmp_path)
    layout.codes.write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(SettingError) as refused:
        own_codes(layout)

    assert str(layout.codes) in str(refused.value)
    assert message in str(refused.value)


def test_an_ill_formed_list_is_not_published_and_the_version_before_stays(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    know(warehouse, "- A")

    with pytest.raises(SettingError):
        warehouse.publish()

    assert not is_current(warehouse.settings)
    assert 2 == warehouse.value("select count(*) from tasks")


def test_an_empty_list_has_no_codes() -> None:
    assert {} == parse_codes("# nothing yet\n", name="codes.yml")


def test_codes_are_known_for_fields_that_exist() -> None:
    def fields(shape: Shape) -> set[str]:
        below = [fields(child) for child in shape.all_lists.values()]
        return {field.codes for field in shape.fields if field.codes}.union(*below)

    assert set(KNOWN_CODES) <= fields(MILESTONE) | fields(TASK_ROOT)


def test_the_example_in_the_documents_is_a_list_that_is_accepted() -> None:
    page = (Path(__file__).parents[3] / "docs" / "drift.md").read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]

    assert parse_codes(example, name="docs/drift.md", fields=KNOWN_CODES)
