"""Exports for spreadsheet programs: what they would run as a formula is text."""

import pyarrow as pa
import pytest

from sighten_warehouse.guards.spreadsheet import count_formulas, escape_formulas

FORMULAS = ["=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=", "-", "\uff1d1+1", " =1+1"]
TEXTS = ["", "a=1", "-12.5", "+49", "1,000", "-1.234,5", "Zebra – no formula", None]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view(), pa.json_()], ids=str)
def test_formulas_of_every_text_type_get_an_apostrophe_and_other_texts_stay(kind: pa.DataType) -> None:
    rows = pa.table({"text": pa.array([*FORMULAS, *TEXTS]).cast(pa.string()), "number": range(len(FORMULAS + TEXTS))})
    storage = rows["text"].combine_chunks()
    column = pa.ExtensionArray.from_storage(kind, storage) if isinstance(kind, pa.JsonType) else storage.cast(kind)
    rows = rows.set_column(0, "text", column)

    escaped = escape_formulas(rows)

    assert [*(f"'{text}" for text in FORMULAS), *TEXTS] == escaped["text"].to_pylist()
    assert rows["number"] == escaped["number"]
    assert (len(FORMULAS), 0) == (count_formulas(rows), count_formulas(escaped))


def test_the_names_of_columns_are_escaped_and_counted_too() -> None:
    rows = pa.table({"=1+1": [1], "number": [-2]})

    assert ["'=1+1", "number"] == escape_formulas(rows).column_names
    assert 1 == count_formulas(rows)
    assert [-2] == escape_formulas(rows)["number"].to_pylist()
