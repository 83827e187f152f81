"""Rules of the house for the queries of the report, and that each fits a version without any rows."""

import json
import re
from typing import Any

import duckdb
import pytest

from sighten_warehouse.models import models, sql_folder
from sighten_warehouse.report.dataset import COLUMNS, ROWS, make_dataset
from sighten_warehouse.report.source import STAGED, ReportSource, report_query
from support.sql_syntax import final_selects, tables
from support.warehouses import Warehouse

ASKED_ALONE = ("facts", "found", "freshness", "kept", "timeline", "work")
MAILED = ("last_open_tasks", "longest_pending", "months", "overview", "weeks")
HEADER = re.compile(
    r"-- [A-Z].*\.\n-- grain: .+\n-- inputs: (?P<inputs>.+(?:\n-- [a-z].+)*)\n(?:-- [A-Z].*\n(?:-- .+\n)*)?with "
)
every_query = pytest.mark.parametrize("name", [*STAGED, *ROWS[2:], *COLUMNS, *ASKED_ALONE, *MAILED])


def parse(name: str) -> dict[str, Any]:
    parsed = json.loads(duckdb.execute("select json_serialize_sql(?)", [report_query(name)]).fetchall()[0][0])
    assert not parsed["error"], parsed
    return dict(parsed["statements"][0]["node"])


def test_every_query_of_the_folder_is_used() -> None:
    assert {*STAGED, *ROWS, *COLUMNS, *ASKED_ALONE, *MAILED} == {
        path.stem for path in (sql_folder() / "report").iterdir()
    }


@every_query
def test_a_query_begins_with_a_sentence_its_grain_and_the_inputs_that_it_reads(name: str) -> None:
    header = HEADER.match(report_query(name))

    assert header
    inputs = re.sub(r"\s|--", "", header["inputs"]).split(",")
    assert sorted(inputs) == inputs == sorted(tables(parse(name)))
    assert set(inputs) <= {*models(), *(f"report.{name}" for name in STAGED)}


@every_query
def test_the_last_select_of_a_query_names_its_columns(name: str) -> None:
    listed = [expression for select in final_selects(parse(name)) for expression in select["select_list"]]

    assert [] == [column for column in listed if column["type"] == "STAR"]


def test_a_version_without_any_delivery_has_a_report(warehouse: Warehouse) -> None:
    warehouse.publish()

    with ReportSource(warehouse.settings.layout.warehouse_file, pii="full") as source:
        dataset = make_dataset(source, environment="production", pii="full")

    assert 0 == dataset["freshness"]["milestones"]
    assert [] == dataset["found"]
