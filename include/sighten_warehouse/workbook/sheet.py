"""One table as a sheet: numbers, times and booleans as such, and texts that no program runs as a formula."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any

import pyarrow as pa
from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from sighten_warehouse.durable import replacing
from sighten_warehouse.errors import WarehouseError
from sighten_warehouse.escaping import printable_lines
from sighten_warehouse.guards.spreadsheet import is_formula
from sighten_warehouse.workbook.units import number_format

# What a sheet can hold, by Excel's specification.
MAX_ROWS = 1_048_576
MAX_COLUMNS = 16_384
MAX_CHARACTERS = 32_767
EXACT = 2**53  # greater integers are not exact as Excel's numbers
DIGITS = 15  # of a decimal number that a double holds
FIRST_DAY = date(1900, 3, 1)  # Excel takes 1900 for a leap year, so earlier days are off by one
CUT = "…"
WIDEST = 60
# Texts stay texts: no formula, no link, no number is made of them.
AS_WRITTEN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


class TooManyRowsError(WarehouseError):
    """A table has more rows or columns than a sheet can hold."""


def write_table(path: Path, rows: pa.Table) -> None:
    """Write the rows to a new workbook with one sheet, in place of a file of that name.

    Raises:
        TooManyRowsError: a sheet cannot hold them.
        OSError: the disk refused; the file before it, if any, stays.
    """
    require_fit(rows)
    with replacing(path) as hidden, open_workbook(hidden) as workbook:
        write_sheet(workbook, "rows", rows)


@contextmanager
def open_workbook(path: Path) -> Iterator[Workbook]:
    """A workbook that is written to the path at the end of the context; its rows are not kept in memory.

    Raises:
        OSError: the disk refused.
    """
    workbook = Workbook(str(path), {"constant_memory": True, **AS_WRITTEN})
    yield workbook
    try:
        workbook.close()
    except FileCreateError as error:
        raise error.args[0] from None


def require_fit(rows: pa.Table) -> None:
    """Refuse rows that a sheet cannot hold.

    Raises:
        TooManyRowsError: there are too many rows or columns.
    """
    if rows.num_rows >= MAX_ROWS or rows.num_columns > MAX_COLUMNS:
        raise TooManyRowsError(
            f"{rows.num_rows:,} rows and {rows.num_columns:,} columns, expected at most {MAX_ROWS - 1:,} and"
            f" {MAX_COLUMNS:,}, which is all that a sheet holds; use another format, or a limit"
        )


def write_sheet(workbook: Workbook, name: str, rows: pa.Table) -> Worksheet:
    """Add a sheet: a frozen heading with a filter, a format for each column."""
    sheet = workbook.add_worksheet(name)
    heading = workbook.add_format({"bold": True, "bottom": 1, "quote_prefix": True})
    cells = _Cells(workbook)
    kept = [workbook.add_format({"num_format": number_format(field.name, field.type)}) for field in rows.schema]
    for at, field in enumerate(rows.schema):
        sheet.set_column(at, at, _width(rows, at), None)
        sheet.write_string(0, at, _fitting(field.name), heading)
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    as_wide_as_a_page(sheet)
    if rows.num_rows and rows.num_columns:
        sheet.autofilter(0, 0, rows.num_rows, rows.num_columns - 1)
    line = 0
    for batch in rows.to_batches(max_chunksize=10_000):
        for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            line += 1
            for at, value in enumerate(values):
                cells.write(sheet, line, at, value, kept[at])
    return sheet


def as_wide_as_a_page(sheet: Worksheet) -> None:
    """Print the sheet across, all columns on one page."""
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


class _Cells:
    """Writes values by their type; a text that would run as a formula once it is edited is marked as text."""

    def __init__(self, workbook: Workbook) -> None:
        self._as_text = workbook.add_format({"quote_prefix": True})

    def write(self, sheet: Worksheet, line: int, at: int, value: Any, shown: Format) -> None:
        if value is None:
            return
        if isinstance(value, bool):
            sheet.write_boolean(line, at, value)
        elif _is_exact_number(value):
            sheet.write_number(line, at, float(value), shown)
        elif isinstance(value, datetime) and value.date() >= FIRST_DAY:
            sheet.write_datetime(line, at, _in_utc(value), shown)
        elif isinstance(value, date) and not isinstance(value, datetime) and value >= FIRST_DAY:
            sheet.write_datetime(line, at, value, shown)
        else:
            text = _fitting(_text(value))
            sheet.write_string(line, at, text, self._as_text if is_formula(text) else None)


def _is_exact_number(value: Any) -> bool:
    """Whether Excel's numbers, which are doubles, hold the value as it is."""
    if isinstance(value, int):
        return abs(value) <= EXACT
    if isinstance(value, Decimal):
        return value.is_finite() and len(value.as_tuple().digits) <= DIGITS
    return isinstance(value, float) and isfinite(value)


def _in_utc(value: datetime) -> datetime:
    """The time in UTC, without a zone, which Excel does not know."""
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value


def _text(value: Any) -> str:
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value if isinstance(value, str) else str(value)


def _fitting(text: str) -> str:
    text = printable_lines(text.replace("\r\n", "\n"))
    return text if len(text) <= MAX_CHARACTERS else text[: MAX_CHARACTERS - 1] + CUT


def _width(rows: pa.Table, at: int) -> int:
    """A width in characters, of the heading and the first values."""
    field = rows.schema.field(at)
    first = rows.column(at).slice(0, 100).to_pylist()
    widest = 19 if pa.types.is_timestamp(field.type) else max([len(str(value)) for value in first], default=0)
    return min(max(len(field.name) + 3, widest + 1), WIDEST)
