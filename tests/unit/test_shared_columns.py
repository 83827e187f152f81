"""Column lists that models share: placeholders in SQL and keys in descriptions."""

from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from sighten_warehouse import models as models_module
from sighten_warehouse.errors import ModelError
from sighten_warehouse.models import macros, models
from sighten_warehouse.shared_columns import expand, placeholders

PATH = Path("model.sql")
LISTS = placeholders(
    {"each_thing_column": {"name": {}, "alias": {"carried": True}, "order": {}}, "each_part_column": {"x": {}}}
)
COLUMN = "{type: text, description: A.}"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("  things.each_thing_column as each_thing_column,", "  things.{0} as {0},"),
        (
            "  last_value(each_thing_column ignore nulls) as each_thing_column,",
            "  last_value({0} ignore nulls) as {0},",
        ),
        ("  change('each_thing_column', b.each_thing_column),", "  change('{0}', b.{0}),"),
        ('  thing."each_thing_column" as "each_thing_column",', '  thing."{0}" as "{0}",'),
    ],
)
def test_a_line_is_repeated_for_every_column_of_the_list_in_its_order(line: str, expected: str) -> None:
    sql = expand(f"select\n{line}\nfrom things\n", LISTS, path=PATH)

    repeated = [expected.format(name) for name in ("name", "alias", "order")]
    assert "\n".join(["select", *repeated, "from things\n"]) == sql


def test_carried_and_replaced_columns_have_their_own_placeholders() -> None:
    sql = expand("each_replaced_thing_column,\neach_carried_thing_column,\n", LISTS, path=PATH)

    assert "name,\norder,\nalias,\n" == sql


def test_comments_and_other_names_are_not_expanded() -> None:
    sql = "-- a line with each_thing_column\nselect a as each_column, each_thing_columns, my_each_thing_column\nfrom t"

    assert sql == expand(sql, LISTS, path=PATH)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("each_thin_column,", r"model\.sql, line 2: each_thin_column: expected one of .*each_thing_column"),
        ("each_carried_part_column,", r"model\.sql, line 2: each_carried_part_column: expected one of"),
        ("a(each_part_column, each_thing_column),", r"model\.sql, line 2: each_part_column and each_thing_column"),
    ],
)
def test_a_placeholder_without_a_list_is_refused_with_file_and_line(line: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason):
        expand(f"select\n{line}\n", LISTS, path=PATH)


@pytest.fixture
def sql(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of two models, `history.things` and `main.things`."""
    for folder in (*models_module.SCHEMAS, "macros"):
        (tmp_path / folder).mkdir()
    monkeypatch.setattr(models_module, "sql_folder", lambda: tmp_path)
    cached = (models_module.models, models_module.shared_columns)
    for function in cached:
        function.cache_clear()
    write(
        tmp_path / "history" / "things.yml",
        f"""
        description: Things.
        columns:
          thing_id: {COLUMN}
          each_thing_column:
            name: {COLUMN}
            alias: {COLUMN}
          received_at: {COLUMN}
        """,
    )
    yield tmp_path
    for function in cached:
        function.cache_clear()


def write(path: Path, text: str) -> None:
    path.write_text(dedent(text).lstrip())


def columns_of(name: str) -> list[str]:
    return [column.name for column in models()[name].columns]


def test_a_model_like_another_includes_its_list_by_key(sql: Path) -> None:
    write(
        sql / "main" / "things.yml",
        f"""
        description: Things now.
        like: history.things
        columns:
          thing_id:
          each_thing_column:
          place: {{type: text, after: name, description: Where.}}
          size: {COLUMN}
        """,
    )

    assert ["thing_id", "name", "alias", "received_at"] == columns_of("history.things")
    assert ["thing_id", "name", "place", "alias", "size"] == columns_of("main.things")


def test_macros_are_expanded_like_models(sql: Path) -> None:
    write(sql / "macros" / "published.sql", "select\n    each_thing_column,\n")

    assert "select\n    name,\n    alias,\n" == macros("published")


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ("each_thin_column:", "things.yml: each_thin_column: no columns"),
        ("size: {type: text, after: nothing, description: A.}", "things.yml: column size: after nothing"),
        ("size: {type: text, carried: true, description: A.}", "things.yml: column size: carried"),
    ],
)
def test_an_ill_formed_list_of_columns_is_refused(sql: Path, columns: str, reason: str) -> None:
    write(sql / "main" / "things.yml", f"description: Things.\nlike: history.things\ncolumns:\n  {columns}\n")

    with pytest.raises(ModelError, match=reason):
        models()
