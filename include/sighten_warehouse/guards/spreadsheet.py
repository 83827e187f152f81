"""Guards exports that spreadsheet programs open: a text that they would run as a formula.

CSV, which programs read too: `escape_formulas` on request, and else a warning by `count_formulas`. A cell of a workbook
says that it is a text, and `is_formula` which text also needs the mark that it stays one when somebody edits the cell.
"""

import re

import pyarrow as pa
import pyarrow.compute as pc

# What Excel, LibreOffice and Google Sheets take for the start of a formula, also in full width, after spaces and the
# characters that some skip (OWASP, "CSV injection").
_FORMULA = r"^\s*[=+\-@\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]|^[\t\r\n]"
_NUMBER = r"^[+\-]?[0-9]+([.,][0-9]+)*$"
_STARTS = re.compile(re.sub(r"\\x\{(\w+)\}", lambda code: chr(int(code[1], 16)), _FORMULA))
_IS_NUMBER = re.compile(_NUMBER)


def count_formulas(rows: pa.Table) -> int:
    """How many texts a spreadsheet program would run as a formula."""
    texts = [_names(rows), *(_flat(column) for column in rows.columns if _is_text(column.type))]
    return sum(pc.sum(_formulas(column)).as_py() or 0 for column in texts)


def escape_formulas(rows: pa.Table) -> pa.Table:
    """The rows with an apostrophe before such texts, which shows them as they are; names of columns likewise."""
    columns = [_escaped(_flat(column)) if _is_text(column.type) else column for column in rows.columns]
    return pa.table(columns, names=_escaped(_names(rows)).to_pylist())


def is_formula(text: str) -> bool:
    """Whether a spreadsheet program would run the text as a formula, if somebody typed it into a cell."""
    return _STARTS.search(text) is not None and _IS_NUMBER.search(text) is None


def _names(rows: pa.Table) -> pa.ChunkedArray:
    return pa.chunked_array([pa.array(rows.column_names, pa.string())])


def _escaped(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.if_else(_formulas(texts), pc.binary_join_element_wise("'", texts, ""), texts)


def _formulas(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    starts = pc.match_substring_regex(texts, _FORMULA)
    return pc.fill_null(pc.and_not(starts, pc.match_substring_regex(texts, _NUMBER)), False)


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if isinstance(column.type, pa.BaseExtensionType):  # JSON
        column = pa.chunked_array([chunk.storage for chunk in column.chunks], column.type.storage_type)
    return column.cast(pa.string())


def _is_text(kind: pa.DataType) -> bool:
    kind = kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))
