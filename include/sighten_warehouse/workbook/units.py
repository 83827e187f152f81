"""The unit of a column, and the format in which a spreadsheet shows it."""

import re

import pyarrow as pa

SECONDS, BYTES, SHARE, COUNT, ORDINAL, UTC = "seconds", "bytes", "share, 1 is all", "count", "ordinal number", "UTC"
_BY_NAME = (
    (re.compile(r"(^|_)seconds($|_)"), SECONDS),
    (re.compile(r"(^|_)bytes$"), BYTES),
    (re.compile(r"(^|_)(share|rate|yield|coverage)($|_)"), SHARE),
    (re.compile(r"(^|_)(number|sequence|round|position)$"), ORDINAL),
)
# The unit stays visible beside each value, and the value stays a number.
_FORMATS = {SECONDS: '#,##0.0" s"', BYTES: '#,##0" B"', SHARE: "0.0%", COUNT: "#,##0"}


def unit_of(name: str, kind: pa.DataType) -> str:
    """The unit, by the names of the dictionary; empty for texts, booleans, and numbers of another name."""
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return UTC
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        return ""
    named = next((unit for pattern, unit in _BY_NAME if pattern.search(name)), "")
    return named or (COUNT if pa.types.is_integer(kind) else "")


def number_format(name: str, kind: pa.DataType) -> str:
    """The format of a column's cells, as Excel writes it."""
    if pa.types.is_timestamp(kind):
        return "yyyy-mm-dd hh:mm:ss"
    if pa.types.is_date(kind):
        return "yyyy-mm-dd"
    return _FORMATS.get(unit_of(name, kind), "General")
