"""SQL models by cases as data: `cases/<schema>.<model>.yml` holds given rows and the rows expected of them.

A case gives rows for some of the model's inputs; columns it does not name are NULL, inputs it does not name are empty.
Of the result, the columns that the case names are compared, in any order of rows.
"""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml

from sighten_warehouse.models import DUCKDB_TYPES, macros, models

CASES = [
    pytest.param(file.stem, case, id=f"{file.stem}: {case['case']}")
    for file in sorted(Path(__file__).parent.glob("cases/*.yml"))
    for case in yaml.safe_load(file.read_text())
]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_given_rows_give_the_expected_rows(name: str, case: dict[str, Any]) -> None:
    model = models()[name]
    with duckdb.connect() as connection:
        connection.execute(macros("duckdb"))
        connection.execute("set variable published_at = ?", [case.get("published_at")])
        _give(connection, model.inputs, case["given"])

        found = connection.execute(f"select * from ({model.select})").df().astype(object)

    columns = list(case["expect"][0]) if case["expect"] else []
    rows = [{column: _plain(row[column]) for column in columns} for row in found.to_dict("records")]
    assert sorted(map(repr, case["expect"])) == sorted(map(repr, rows))


def _give(connection: duckdb.DuckDBPyConnection, inputs: tuple[str, ...], given: dict[str, Any]) -> None:
    assert set(given) <= set(inputs), "a case may give only what the model reads"
    for schema in {name.partition(".")[0] for name in inputs} - {"main"}:
        connection.execute(f"create schema {schema}")
    for name in inputs:
        types = {column.name: DUCKDB_TYPES[column.type] for column in models()[name].columns}
        connection.execute(
            f"create table {name} ({', '.join(f'{column!r} {kind}' for column, kind in types.items())})".replace(
                "'", '"'
            )
        )
        for row in given.get(name, []):
            listed = ", ".join(f'"{column}"' for column in row)
            holes = ", ".join("?" for _ in row)
            connection.execute(f"insert into {name} ({listed}) values ({holes})", list(row.values()))


def _plain(value: Any) -> Any:
    """As YAML would give it: text, number, boolean or null; a time as text."""
    if pd.isna(value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ") if hasattr(value, "hour") else value.isoformat()
    return value.item() if hasattr(value, "item") else value


def test_every_mart_has_cases() -> None:
    covered = {param.id.partition(":")[0] for param in CASES}

    assert {name for name, model in models().items() if model.schema == "marts"} - covered == set()
