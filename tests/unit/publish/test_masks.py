"""Personal data: every column with it is tagged, and the masked views show none."""

import hashlib
import re
import stat
from pathlib import Path

import pytest

from sighten_warehouse.errors import ModelError, SettingError
from sighten_warehouse.models import SCHEMAS, models, published_models
from support.factories import a_comment, a_document, a_milestone, a_sub_task, a_task, a_user
from support.warehouses import Warehouse

PERSONAL = re.compile(
    r"(.*_)?e?mail|commentor(_.*_name)?|(first|last)_name|actor|(submitted|decided)_by|comment|phone.*|.*address"
)
ZEBRA = a_user("Zebrafink") | {"last_name": "Zebrafink", "nickname": "zebrafink"}
ZEBRA_COMMENT = "Zebrafink Zebrafink submitted milestone Construction & Signoff for approval."


def a_milestone_about_somebody() -> dict[str, object]:
    documents = [a_document("Zebrafink"), a_document("plain", name="zebrafink")]
    comment = a_comment("1", ZEBRA_COMMENT, "2025-03-01T10:00:00Z", commentor="zebrafink@example.com")
    comment |= {"commentor_first_name": "Zebrafink", "commentor_last_name": "Zebrafink"}
    tasks = [a_task("a", sub_tasks=[a_sub_task("b", documents=documents)])]
    return a_milestone(assigned_to=ZEBRA, tasks=tasks, comments=[comment])


@pytest.fixture(scope="module")
def zebra(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with personal data, for reading only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("zebra"))
    warehouse.deliver(a_milestone_about_somebody())
    return warehouse


def masked_views(warehouse: Warehouse) -> list[str]:
    return warehouse.column("select view_name from duckdb_views() where schema_name = 'masked' and not internal")


def schema_of(table: str) -> str:
    return next(model.schema for model in published_models() if model.name == table)


def test_every_column_named_like_personal_data_is_tagged() -> None:
    columns = [(model, column) for model in models().values() for column in model.columns]

    named = [(model.full_name, column.name) for model, column in columns if PERSONAL.fullmatch(column.name)]
    untagged = [
        (model.full_name, column.name)
        for model, column in columns
        if not column.pii and (PERSONAL.fullmatch(column.name) or "ersonal data" in column.description)
    ]

    assert {("main.users", "email"), ("marts.reviews", "decided_by"), ("main.comments", "comment")} <= set(named)
    assert [] == untagged


def test_rescued_values_are_tagged_everywhere() -> None:
    rescued = [column for model in models().values() for column in model.columns if column.name == "_rescued"]

    assert {"json"} == {column.pii for column in rescued}


def test_an_unknown_kind_of_personal_data_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = tmp_path / "sql"
    for folder in SCHEMAS:
        (sql / folder).mkdir(parents=True)
    (sql / "ops" / "a.yml").write_text("{description: A., columns: {b: {type: text, pii: shoe_size, description: B.}}}")
    monkeypatch.setattr("sighten_warehouse.models.sql_folder", lambda: sql)
    models.cache_clear()

    with pytest.raises(ModelError, match=r"a\.yml: column b: pii is shoe_size, expected one of email, name"):
        models()

    monkeypatch.undo()
    models.cache_clear()


def test_no_masked_view_shows_a_name_an_address_or_a_free_text(zebra: Warehouse) -> None:
    views = masked_views(zebra)
    shown = [name for name in views if "zebrafink" in str(zebra.rows(f"from masked.{name}")).lower()]
    full = [name for name in views if "zebrafink" in str(zebra.rows(f"from {schema_of(name)}.{name}")).lower()]

    assert [] == shown
    assert {"comments", "documents", "drift", "milestone_events", "sub_tasks", "users"} <= set(full)


def test_a_masked_view_has_the_columns_and_rows_of_its_table_and_is_described_as_masked(zebra: Warehouse) -> None:
    for name in masked_views(zebra):
        columns = (
            "select column_name, data_type, comment is null from duckdb_columns() where (schema_name, table_name) ="
        )
        assert zebra.rows(f"{columns} ('masked', '{name}')") == zebra.rows(f"{columns} ('{schema_of(name)}', '{name}')")
        counts = f"select (select count(*) from masked.{name}), (select count(*) from {schema_of(name)}.{name})"
        masked, all_rows = zebra.row(counts)
        assert masked == all_rows
    comments = zebra.column("select comment from duckdb_views() where schema_name = 'masked' and not internal")
    assert all(text.endswith("Personal data is masked.") for text in comments)


def test_one_person_has_one_pseudonym_in_every_table_and_version_and_another_in_another_home(
    warehouse: Warehouse, zebra: Warehouse
) -> None:
    emails = (
        "select (select email from masked.users where user_id = assigned_to_user_id), "
        "(select actor_email from masked.milestone_events), (select commentor from masked.comments) from milestones"
    )
    warehouse.deliver(a_milestone_about_somebody())
    first, elsewhere = warehouse.row(emails), zebra.row(emails)

    warehouse.publish()

    assert 1 == len(set(first))
    assert re.fullmatch(r"email-[0-9a-f]{16}", first[0])
    assert first == warehouse.row(emails)
    assert first[0] != elsewhere[0]


def test_a_pseudonym_is_not_a_plain_hash_of_its_value(zebra: Warehouse) -> None:
    pseudonym = zebra.value("select pseudonym from ops.pseudonyms where value = 'zebrafink@example.com'")

    for text in (b"zebrafink@example.com", b"email:zebrafink@example.com"):
        assert pseudonym.removeprefix("email-") not in hashlib.sha256(text).hexdigest()


def test_nulls_empty_texts_and_booleans_are_not_masked(warehouse: Warehouse) -> None:
    nobody = a_comment("1", "", "2025-03-01T10:00:00Z", commentor=None, commentor_first_name="")
    ticked = a_sub_task("b", data=True)

    warehouse.deliver(a_milestone(comments=[nobody], tasks=[a_task("a", sub_tasks=[ticked])], assigned_to=None))

    assert (None, "", "", None) == warehouse.row(
        "select commentor, commentor_first_name, comment, _rescued from masked.comments"
    )
    assert ("true", None) == warehouse.row("select data, _rescued from masked.sub_tasks")


def test_the_extension_of_a_file_name_is_shown(warehouse: Warehouse) -> None:
    names = ["Zebrafink (Passed).PDF", "Zebrafink", "Zebra.fink und Söhne", ".zebrafink"]
    documents = [a_document(str(number), name=name) for number, name in enumerate(names)]

    warehouse.deliver(a_milestone(tasks=[a_task("a", sub_tasks=[a_sub_task("b", documents=documents)])]))

    assert ["masked.pdf", "masked", "masked", "masked"] == warehouse.column(
        "select name from masked.documents order by position"
    )


def test_only_the_owner_can_read_the_key_and_no_published_file_contains_it(zebra: Warehouse) -> None:
    layout = zebra.settings.layout

    key = layout.pseudonym_key.read_text().strip()
    published = [path for path in layout.published.rglob("*") if path.is_file()]

    assert 0o600 == stat.S_IMODE(layout.pseudonym_key.stat().st_mode)
    assert published
    assert [] == [
        path for path in published for form in (key.encode(), bytes.fromhex(key)) if form in path.read_bytes()
    ]


def test_an_ill_formed_key_is_refused_and_the_previous_version_stays(warehouse: Warehouse) -> None:
    warehouse.deliver(a_milestone_about_somebody())
    before = warehouse.settings.layout.warehouse_file.read_bytes()
    warehouse.settings.layout.pseudonym_key.write_text("secret")

    with pytest.raises(SettingError, match=r"pseudonyms\.key: expected 64 hexadecimal digits"):
        warehouse.publish()

    assert before == warehouse.settings.layout.warehouse_file.read_bytes()
