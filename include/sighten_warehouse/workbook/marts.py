"""The workbook of the marts: a sheet a mart, one about the workbook, and one that explains every column."""

from dataclasses import dataclass
from math import ceil
from pathlib import Path

import pyarrow as pa
from xlsxwriter import Workbook
from xlsxwriter.format import Format

from sighten_warehouse.durable import replacing
from sighten_warehouse.models import Model, published_models
from sighten_warehouse.publish.reader import OpenedWarehouse
from sighten_warehouse.workbook.sheet import (
    TooManyRowsError,
    as_wide_as_a_page,
    open_workbook,
    require_fit,
    write_sheet,
)
from sighten_warehouse.workbook.units import unit_of

ABOUT, COLUMNS = "about", "columns"
WRAPPED_AT = 110  # characters
LINE_HEIGHT = 15.0


@dataclass(frozen=True)
class Written:
    """Rows by sheet; `left_out`: for each mart that no sheet can hold, why."""

    rows: dict[str, int]
    left_out: dict[str, str]


def write_marts(path: Path, warehouse: OpenedWarehouse) -> Written:
    """Write the marts of the opened version to a workbook, in place of a file of that name.

    Personal data is masked as in the opened warehouse. Times are UTC.

    Raises:
        OSError: the disk refused; the file before it, if any, stays.
    """
    there = set(warehouse.tables())
    published = sorted(published_models(), key=lambda model: model.name)
    marts = [model for model in published if model.full_name in there and model.schema == "marts"]
    tables: dict[str, pa.Table] = {}
    left_out = {}
    for mart in marts:
        rows = warehouse.arrow(f"from {mart.full_name} order by all")
        try:
            require_fit(rows)
        except TooManyRowsError as error:
            left_out[mart.name] = str(error)
        else:
            tables[mart.name] = rows
    with replacing(path) as hidden, open_workbook(hidden) as workbook:
        _write_about(workbook, warehouse, marts, tables, left_out)
        _write_columns(workbook, marts, tables)
        for name, rows in tables.items():
            write_sheet(workbook, name, rows)
    return Written({name: rows.num_rows for name, rows in tables.items()}, left_out)


def _write_about(
    workbook: Workbook,
    warehouse: OpenedWarehouse,
    marts: list[Model],
    tables: dict[str, pa.Table],
    left_out: dict[str, str],
) -> None:
    sheet = workbook.add_worksheet(ABOUT)
    as_wide_as_a_page(sheet)
    bold, top, wrapped = _formats(workbook)
    for at, width in enumerate((34, 12, WRAPPED_AT)):
        sheet.set_column(at, at, width)
    facts = (
        ("version", warehouse.version),
        ("times", "UTC"),
        ("people and free text", "masked" if warehouse.pii == "masked" else "as delivered"),
        ("columns", f"explained in the sheet {COLUMNS}"),
    )
    for line, (name, value) in enumerate(facts):
        sheet.write_string(line, 0, name, bold)
        sheet.write_string(line, 1, value)
    line = len(facts) + 1
    for at, name in enumerate(("sheet", "rows", "what it holds")):
        sheet.write_string(line, at, name, bold)
    for mart in marts:
        line += 1
        text = left_out.get(mart.name) or mart.description
        sheet.set_row(line, _height(text))
        if mart.name in tables:
            sheet.write_url(line, 0, f"internal:'{mart.name}'!A1", top, string=mart.name)
            sheet.write_number(line, 1, tables[mart.name].num_rows, top)
        else:
            sheet.write_string(line, 0, mart.name, top)
        sheet.write_string(line, 2, text, wrapped)


def _write_columns(workbook: Workbook, marts: list[Model], tables: dict[str, pa.Table]) -> None:
    sheet = workbook.add_worksheet(COLUMNS)
    as_wide_as_a_page(sheet)
    bold, top, wrapped = _formats(workbook)
    for at, (name, width) in enumerate((("sheet", 32), ("column", 28), ("type", 11), ("unit", 15))):
        sheet.set_column(at, at, width)
        sheet.write_string(0, at, name, bold)
    sheet.set_column(4, 4, WRAPPED_AT)
    sheet.write_string(0, 4, "description", bold)
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    explained = [(mart, column) for mart in marts if mart.name in tables for column in mart.columns]
    for line, (mart, column) in enumerate(explained, start=1):
        unit = unit_of(column.name, tables[mart.name].schema.field(column.name).type)
        sheet.set_row(line, _height(column.description))
        for at, text in enumerate((mart.name, column.name, column.type, unit)):
            sheet.write_string(line, at, text, top)
        sheet.write_string(line, 4, column.description, wrapped)
    sheet.autofilter(0, 0, len(explained), 4)


def _formats(workbook: Workbook) -> tuple[Format, Format, Format]:
    """Of a heading, of a cell beside a long text, and of the long text."""
    return (
        workbook.add_format({"bold": True}),
        workbook.add_format({"valign": "top"}),
        workbook.add_format({"text_wrap": True, "valign": "top"}),
    )


def _height(text: str) -> float:
    """The height of a row whose text is wrapped: programs only compute it for rows that they have written."""
    return LINE_HEIGHT * ceil(len(text) / (WRAPPED_AT * 0.95))
