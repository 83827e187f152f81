"""Rules for the SQL models, checked on the output of DuckDB's parser."""

import json
import re
from pathlib import Path

import duckdb
import pytest

from sighten_warehouse.load.batch import schemas
from sighten_warehouse.models import ADDED, ALL, NOT_PUBLISHED, SCHEMAS, Model, models, shared_columns, sql_folder
from sighten_warehouse.publish.cache import COPIED, KEPT
from sighten_warehouse.publish.update import BEFORE
from support.sql_syntax import Node, final_selects, tables

# Tables that a step gives to the models; every other input is a model.
REGISTERED = {
    "staging.acknowledged_drift",
    "staging.commits",
    "staging.creation_types",
    "staging.dal_metrics",
    "staging.enrich_statuses",
    "staging.every_delivery",
    "staging.loaded_snapshots",
    "staging.checks",
    "staging.found",
    "staging.own_codes",
    "staging.pseudonyms",
    "staging.versions",
    *(f"staging.{name}" for name in schemas()),
    *(f"cache.{name}" for name in (*COPIED, *KEPT)),
    *(f"before.{name.partition('.')[2]}" for name in BEFORE),
}
HEADER = re.compile(
    r"-- [A-Z].*\.\n-- grain: .+\n-- inputs: .+\n(?:-- replaced by: .+\n)?(?:-- [A-Z].*\n(?:-- .+\n)*)?(?=with |select)"
)
SELECTS = [pytest.param(model, id=model.full_name) for model in models().values() if model.select is not None]
MARTS = [pytest.param(model, id=model.name) for model in models().values() if model.schema == "marts"]
FILES = sorted(sql_folder().rglob("*.sql"))
NAMES = [f"{path.parent.name}/{path.name}" for path in FILES]
MAX_WRITTEN_OUT = 5  # columns of one list in one select
HISTORY = [pytest.param(model, id=model.name) for model in models().values() if model.schema == "history"]
every_select = pytest.mark.parametrize("model", SELECTS)


def parse(model: Model) -> Node:
    serialized = duckdb.execute("select json_serialize_sql(?)", [model.select]).fetchall()[0][0]
    parsed: Node = json.loads(serialized)
    assert not parsed["error"], parsed
    return dict(parsed["statements"][0]["node"])


def name_of(expression: Node) -> str:
    return str(expression["alias"] or expression["column_names"][-1])


@every_select
def test_a_model_is_one_select(model: Model) -> None:
    statements = duckdb.extract_statements(model.select)

    assert [duckdb.StatementType.SELECT] == [statement.type for statement in statements]


@every_select
def test_a_model_begins_with_a_sentence_its_grain_and_its_inputs(model: Model) -> None:
    assert HEADER.match(model.select or "")


@every_select
def test_the_inputs_of_the_header_are_the_tables_that_the_select_reads(model: Model) -> None:
    assert set(model.inputs) == tables(parse(model))


@every_select
def test_every_input_is_a_model_or_registered_by_a_step(model: Model) -> None:
    assert set() == set(model.inputs) - set(models()) - REGISTERED


@pytest.mark.parametrize("model", HISTORY)
def test_history_reads_staged_or_published_tables_but_not_both(model: Model) -> None:
    made = {name for name, other in models().items() if other.is_intermediate}
    staged = {name.startswith("staging.") and name not in made for name in model.inputs}

    assert len(staged) == 1


@every_select
def test_the_last_select_lists_the_described_columns_in_order(model: Model) -> None:
    described = [column.name for column in model.stored_columns]
    # Rows of a published table are inserted by name, so the columns of a list may stay together in its select.
    compared = list if model.is_view or model.is_loaded or model.schema == "staging" else sorted

    for select in final_selects(parse(model)):
        listed = [name_of(expression) for expression in select["select_list"]]
        assert compared(listed) == compared(described or listed)


@every_select
def test_the_last_select_names_its_columns(model: Model) -> None:
    listed = [expression for select in final_selects(parse(model)) for expression in select["select_list"]]

    assert [] == [expression for expression in listed if expression["type"] == "STAR"]


@every_select
def test_a_published_table_says_which_rows_an_update_replaces(model: Model) -> None:
    columns = {column.name for column in model.columns}

    assert bool(model.replaced_by) == model.is_updated
    assert model.replaced_by in ((ALL,), (ADDED,)) or set(model.replaced_by) <= columns


def orders_by_struct(node: object) -> bool:
    """Whether an aggregate takes the newest or the oldest by several columns together."""
    if isinstance(node, list):
        return any(map(orders_by_struct, node))
    if not isinstance(node, dict):
        return False
    arguments = [argument["expression"] for argument in node.get("arguments", [])]
    is_extreme = node.get("function_name") in ("max", "min", "max_by", "min_by")
    by_struct = is_extreme and any(argument.get("function_name") == "row" for argument in arguments)
    return by_struct or any(map(orders_by_struct, node.values()))


@pytest.mark.parametrize("model", [param for param in SELECTS if param.values[0].is_view])
def test_a_view_reads_in_every_duckdb_since_1_0(model: Model) -> None:
    assert not orders_by_struct(parse(model))


@every_select
def test_the_columns_of_the_grain_exist(model: Model) -> None:
    described = {column.name for column in model.columns}

    assert model.grain
    assert not described or set(model.grain) <= described  # staging has no descriptions, and its children are nested


@pytest.mark.parametrize("model", models().values(), ids=list(models()))
def test_a_description_consists_of_sentences(model: Model) -> None:
    descriptions = [column.description for column in model.columns]
    descriptions += [model.description] if model.schema not in NOT_PUBLISHED else []

    assert [] == [text for text in descriptions if not re.fullmatch(r"[A-Za-z].*\.", text, re.DOTALL)]


@pytest.mark.parametrize("model", MARTS)
def test_a_mart_has_a_worked_example_and_cases_as_data(model: Model) -> None:
    cases = Path(__file__).parents[2] / "sql" / "cases" / f"{model.full_name}.yml"

    assert re.search(r" Example: .+\.$", model.description)
    assert cases.is_file()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_shared_list_of_columns_is_not_written_out(path: Path) -> None:
    lists = {placeholder: set(names) for placeholder, names in shared_columns().items()}

    for block in re.split(r"\n\s*\n", path.read_text()):
        named = set(re.findall(r"(\w+)\"?\)?,$", block, re.MULTILINE))
        written_out = {placeholder for placeholder, names in lists.items() if len(names & named) >= MAX_WRITTEN_OUT}
        assert set() == written_out


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_placeholders_occur_only_where_they_are_expanded(path: Path) -> None:
    expanded = {*SCHEMAS, "macros"}

    assert path.parent.name in expanded or not re.search(r"\beach_\w+_column\b", path.read_text())


def test_the_folder_holds_only_sql_and_descriptions() -> None:
    folders = {*SCHEMAS, "assistants", "checks", "cookbook", "macros", "report"}

    strangers = [path for path in sql_folder().rglob("*") if path.is_file() and path.parent.name not in folders]

    assert [] == strangers
