"""Whatever a person or a hostile sender can type, a masked output does not show: texts, codes, and keys of JSON."""

import re
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sighten_warehouse import open_warehouse
from sighten_warehouse.models import loaded_models, published_models
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.portable import write_portable
from sighten_warehouse.publish.shown_words import SHARED_BY
from sighten_warehouse.report.writing import write_report_to
from support.factories import a_comment, a_document, a_milestone, a_sub_task, a_task, a_user, an_id
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

TYPED = {"name": "Zebrafink", "description": "Zebrafink", "status": "ZEBRAFINK", "zebrafink@example.com": 1}


def a_milestone_typed_by_somebody() -> dict[str, object]:
    """A milestone that has a name wherever a person, or a hostile sender, can type: in texts, codes and keys."""
    document = a_document("typed", name="a.pdf", creation_type="ZEBRAFINK", document_type="ZEBRAFINK", zebrafink=1)
    envelope = TYPED | {"uuid": an_id("envelope"), "task_action_alias": "ZEBRA", "resource_id": "Zebrafink"}
    codes = dict.fromkeys(("category", "status", "document_status", "label", "instructions"), "Zebrafink")
    sub_task = a_sub_task("typed", **codes, zebrafink=1)
    sub_task["data"] = {"documents": [document], "envelopes": [envelope], "zebrafink.zebrafink": 1}
    sub_task["signers"] = [{"uuid": an_id("signer"), "signer_type": "Zebrafink", "status": "ZEBRAFINK", "zebrafink": 1}]
    comment = a_comment("typed", "", "2025-03-01T10:00:00Z", thread="Zebrafink", comment_type="ZEBRAFINK", zebrafink=1)
    user = a_user("Zebrafink") | {"organization_name": "Zebrafink & Sons"}
    tasks = [a_task("typed", sub_tasks=[sub_task]) | TYPED]
    return a_milestone("typed", assigned_to=user, comments=[comment], tasks=tasks) | TYPED


@pytest.fixture(scope="module")
def typed(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with a name wherever one can be typed, for reading only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("typed"))
    warehouse.land(b"\xff{", content_type="application/json; charset=zebrafink@example.com")
    warehouse.deliver(a_milestone_typed_by_somebody())
    return warehouse


@pytest.fixture(scope="module")
def portable(typed: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its masked portable file."""
    path = tmp_path_factory.mktemp("portable") / "portable.duckdb"
    write_portable(typed.settings.layout.warehouse_file, path, pii="masked")
    return path


def test_no_masked_view_and_no_table_without_one_shows_what_a_person_typed(typed: Warehouse) -> None:
    views = set(typed.column("select view_name from duckdb_views() where schema_name = 'masked' and not internal"))
    tables = {model.full_name for model in published_models()} - {"ops.pseudonyms"}
    names = {name: name.partition(".")[2] in views for name in tables}

    def shows(table: str) -> bool:
        return "zebrafink" in str(typed.rows(f"from {table}")).lower()

    assert [] == [name for name in views if shows(f"masked.{name}")]
    assert [] == [name for name, is_masked in names.items() if not is_masked and shows(name)]
    full = {name.partition(".")[2] for name in names if shows(name)}
    assert {"approval_cycles", "drift", "envelopes", "milestones", "organizations", "signers", "tasks"} <= full


def test_no_byte_of_a_masked_file_report_or_problem_shows_what_a_person_typed(
    typed: Warehouse, portable: Path, tmp_path: Path
) -> None:
    settings, page = typed.settings, tmp_path / "report.html"

    write_report_to(page, settings)
    status = read_status(settings)

    for content in (portable.read_bytes(), page.read_bytes(), repr(status).encode()):
        assert b"zebrafink" not in content.lower()
    assert all(re.fullmatch(r"drift-[0-9a-f]{16}", digest) for _, digest in status.open_drift)
    assert any(re.search(r"tasks\[\]\.sub_tasks\[\]\.key-[0-9a-f]{16}$", label) for label, _ in status.open_drift)


def test_history_and_as_of_are_masked_in_the_warehouse_and_in_a_portable_file_alike(
    typed: Warehouse, portable: Path
) -> None:
    history = [f"history.{model.name}" for model in loaded_models()]
    histories = [*history, "milestones_as_of('2030-01-01')", "tasks_as_of('2030-01-01')"]

    shown = []
    for path in (typed.settings.layout.warehouse_file, portable):
        with open_warehouse(path, pii="masked") as opened:
            shown.append([sorted(map(repr, opened.arrow(f"from {name}").to_pylist())) for name in histories])

    assert shown[0] == shown[1]
    assert "zebrafink" not in str(shown).lower()


def test_a_label_is_shown_while_enough_milestones_share_it(warehouse: Warehouse) -> None:
    names = "select distinct name from masked.milestones where name not like 'label-%'"
    milestones = [a_milestone(str(number), name="Site Survey") for number in range(SHARED_BY)]
    repeated = a_milestone("0", at="2025-04-01T12:00:00Z", name="Site Survey")
    renamed = a_milestone("1", at="2025-05-01T12:00:00Z", name="Inspection")
    renamed_back = a_milestone("1", at="2025-06-01T12:00:00Z", name="Site Survey")
    warehouse.deliver(*milestones[:-2])

    shown = []
    with capture_logs() as logs:
        for delivery in (milestones[-2], repeated, milestones[-1], renamed, renamed_back):
            warehouse.deliver(delivery)
            shown.append(warehouse.column(names))
        by_updates = warehouse.rows("from ops.pseudonyms order by all")
        warehouse.publish(full=True)

    assert [True] * 5 + [False] == [log["is_update"] for log in logs if log["event"] == "published"]
    assert [[], [], ["Site Survey"], [], ["Site Survey"]] == shown
    assert warehouse.rows("from ops.pseudonyms order by all") == by_updates


def test_known_codes_and_known_keys_are_shown_and_the_homes_own_too(warehouse: Warehouse) -> None:
    warehouse.settings.layout.codes.parent.mkdir(parents=True, exist_ok=True)
    warehouse.settings.layout.codes.write_text("task_status: [OWN]")
    tasks = [a_task("a", status="OWN"), a_task("b", status="FOREIGN", assigned_to=1)]

    warehouse.deliver(a_milestone(tasks=tasks))

    first, second = warehouse.column("select status from masked.tasks order by position")
    assert ("SUBMITTED", "OWN") == (warehouse.value("select status from masked.milestones"), first)
    assert re.fullmatch(r"label-[0-9a-f]{16}", second)
    assert ["tasks[].assigned_to", "tasks[].status"] == warehouse.column("select path from masked.drift order by path")
