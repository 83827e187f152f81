"""SQL models and checks, tested by data: `cases/<schema>.<model>.yml` holds given and expected rows.

A case gives rows for some inputs; columns that it omits are NULL, inputs that it omits are empty. Temporary tables are
computed by their models from what is given. Only the columns in `expect` are compared, in any order of rows; in nested
values, only what is not NULL. The cases of a check are in `cases/checks.<check>.yml`. A case may set the variables
below.
"""

from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
import yaml

from sighten_warehouse.documents.due import CREATION_TYPES_SCHEMA
from sighten_warehouse.enrich.due import METRICS_SCHEMA, STATUSES_SCHEMA
from sighten_warehouse.guards.masking import PSEUDONYMS_COLUMNS
from sighten_warehouse.load.batch import schemas
from sighten_warehouse.models import DUCKDB_TYPES, loaded_models, macros, models, sql_folder
from sighten_warehouse.payload.acknowledged import ACKNOWLEDGED_COLUMNS
from sighten_warehouse.payload.codes import CODES_COLUMNS
from sighten_warehouse.publish.checks import CHECKS_COLUMNS, FOUND_COLUMNS, checks
from sighten_warehouse.publish.inputs import COMMITS_COLUMNS, VERSIONS_COLUMNS
from sighten_warehouse.publish.tables import creation

REGISTERED = {
    "staging.acknowledged_drift": ACKNOWLEDGED_COLUMNS,
    "staging.checks": CHECKS_COLUMNS,
    "staging.commits": COMMITS_COLUMNS,
    "staging.creation_types": CREATION_TYPES_SCHEMA,
    "staging.dal_metrics": METRICS_SCHEMA,
    "staging.enrich_statuses": STATUSES_SCHEMA,
    "staging.every_delivery": schemas()["deliveries"],
    "staging.found": FOUND_COLUMNS,
    "staging.loaded_snapshots": {c.name: DUCKDB_TYPES[c.type] for c in models()["history.snapshots"].columns},
    "staging.own_codes": CODES_COLUMNS,
    "staging.pseudonyms": PSEUDONYMS_COLUMNS,
    "staging.versions": VERSIONS_COLUMNS,
    **{f"staging.{name}": schema for name, schema in schemas().items()},
}
VARIABLES = (
    "api_url", "home", "asked_at", "asked_too_long_ago", "compared_from", "kept_from", "milestone_id", "site_id",
)  # fmt: skip
TEMPORARY = {name: model for name, model in models().items() if model.schema == "temp"}  # computed from what is given
CHECKS = {f"checks.{check.name}": check for check in checks()}
WRITTEN = [name for name in CHECKS if (sql_folder() / "checks" / f"{name.removeprefix('checks.')}.sql").exists()]
CASES = [
    pytest.param(file.stem, case, id=f"{file.stem}: {case['case']}")
    for file in sorted(Path(__file__).parent.glob("cases/*.yml"))
    for case in yaml.load(file.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  (safe)
]


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as engine:
        engine.execute(macros("duckdb"))
        create_schemas(engine)
        yield engine


@pytest.fixture
def connection(engine: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine without tables; what a test creates is rolled back."""
    engine.begin()
    yield engine
    engine.rollback()


@pytest.mark.parametrize(("name", "case"), CASES)
def test_given_rows_give_the_expected_rows(
    connection: duckdb.DuckDBPyConnection, name: str, case: dict[str, Any]
) -> None:
    tested = CHECKS[name] if name in CHECKS else models()[name]
    steps = steps_before(tested)
    inputs = dict.fromkeys(table for model in (*steps, tested) for table in model.inputs if table not in TEMPORARY)
    assert set(case["given"]) <= set(inputs), "a case may give only inputs"
    for variable in VARIABLES:
        connection.execute(f"set variable {variable} = ?", [case.get(variable)])
    for table in inputs:
        give(connection, table, case["given"].get(table, []))
    for step in steps:
        connection.execute(f"{creation(step, 'table')} as {step.select}")

    found = connection.execute(f"select *{computed(tested, case)} from ({tested.select})")
    names = [column[0] for column in found.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    columns = list(case["expect"][0]) if case["expect"] else []
    assert comparable(case["expect"], columns) == comparable(rows, columns)


def steps_before(tested: Any) -> list[Any]:
    """The temporary tables that the model reads, each after those that it reads itself."""
    read = [TEMPORARY[table] for table in tested.inputs if table in TEMPORARY]
    return [*(step for model in read for step in steps_before(model)), *read]


def computed(tested: Any, case: dict[str, Any]) -> str:
    """The columns that are computed when they are read, at the time `now` of the case."""
    now = f"timestamptz '{case.get('now', '2025-01-01 00:00:00')}+00'"
    columns = [column for column in getattr(tested, "columns", ()) if column.computed]
    return "".join(f", {column.computed.replace('now()', now)} as {column.name}" for column in columns)


def create_schemas(connection: duckdb.DuckDBPyConnection) -> None:
    for schema in ("staging", "history", "marts", "ops", "enrich"):
        connection.execute(f"create schema {schema}")


def give(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]]) -> None:
    """Create an input with those rows, typed by its description, its step or its own select."""
    registered = REGISTERED.get(table)
    if isinstance(registered, pa.Schema):
        create(connection, table, rows, registered)
        return
    if registered is not None:
        create_typed(connection, table, rows, registered)
        return
    model = models()[table]
    if model.columns:
        create_typed(connection, table, rows, {column.name: DUCKDB_TYPES[column.type] for column in model.columns})
        return
    create(connection, table, rows, schema_of(table))


@cache
def schema_of(table: str) -> pa.Schema:
    """The columns of a model without a description, by its select."""
    model = models()[table]
    with duckdb.connect() as empty:
        empty.execute(macros("duckdb"))
        create_schemas(empty)
        for part in model.inputs:
            give(empty, part, [])
        return empty.sql(model.select or "").to_arrow_table().schema


def create_typed(
    connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]], types: dict[str, str]
) -> None:
    typed = ", ".join(f'"{name}" {kind}' for name, kind in types.items())
    connection.execute(f"create table {table} ({typed})")
    for row in rows:
        listed, holes = ", ".join(f'"{column}"' for column in row), ", ".join("?" for _ in row)
        connection.execute(f"insert into {table} ({listed}) values ({holes})", list(row.values()))


def create(connection: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    assert {name for row in rows for name in row} <= set(schema.names), "a case may give only existing columns"
    connection.register("_given", pa.Table.from_pylist(rows, schema=schema))
    connection.execute(f"create table {table} as from _given")
    connection.unregister("_given")


def comparable(rows: list[dict[str, Any]], columns: list[str]) -> list[str]:
    return sorted(repr({name: plain(row[name]) for name in columns}) for row in rows)


def plain(value: Any) -> Any:
    """The value as in YAML: times as text, nested values without NULLs."""
    if isinstance(value, date):
        return value.isoformat(sep=" ") if hasattr(value, "hour") else value.isoformat()
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value


@pytest.mark.parametrize("name", [model.full_name for model in loaded_models() if model.select])
def test_history_of_empty_inputs_is_empty(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    for table in models()[name].inputs:
        give(connection, table, [])

    rows = connection.execute(f"select * from ({models()[name].select})").fetchall()

    assert [] == rows


def test_every_model_and_every_check_has_cases() -> None:
    # What an update reads is tested as a whole, against versions made anew: tests/property/test_any_update.py.
    # Temporary tables are steps of the models that read them.
    selects = {name: model for name, model in models().items() if model.select}
    without = ("cache", "touched", "temp")
    needed = {name for name, model in selects.items() if model.schema not in without} | set(WRITTEN)

    covered = {param.values[0] for param in CASES}

    assert set() == needed - covered


@pytest.mark.parametrize("name", WRITTEN)
def test_every_check_has_a_case_without_findings_and_one_with(name: str) -> None:
    found = [bool(param.values[1]["expect"]) for param in CASES if param.values[0] == name]

    assert {False, True} == set(found)
