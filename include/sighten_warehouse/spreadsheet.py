"""Guards exports that spreadsheet programs open: a text that they would run as a formula.

Every export to such a format passes its rows through here. xlsx: always `escape_formulas`. CSV, which programs read
too: `escape_formulas` on request, and else a warning by `count_formulas`.
"""

import pyarrow as pa
import pyarrow.compute as pc

# What Excel, LibreOffice and Google Sheets take for the start of a formula (OWASP, "CSV injection"); the last two are
# skipped by some before they look at what follows.
_FORMULA = r"^[=+\-@\t\r]"
_NUMBER = r"^[+\-]?[0-9]+([.,][0-9]+)*$"


def count_formulas(rows: pa.Table) -> int:
    """How many texts a spreadsheet program would run as a formula."""
    found = (pc.sum(_formulas(_flat(column))).as_py() for column in rows.columns if _is_text(column.type))
    return sum(count or 0 for count in found)


def escape_formulas(rows: pa.Table) -> pa.Table:
    """The rows with an apostrophe before such texts, which shows them as they are; names of columns likewise."""
    columns = [_escaped(column) if _is_text(column.type) else column for column in rows.columns]
    names = _escaped(pa.chunked_array([pa.array(rows.column_names, pa.string())])).to_pylist()
    return pa.table(columns, names=names)


def _escaped(column: pa.ChunkedArray) -> pa.ChunkedArray:
    texts = _flat(column)
    return pc.if_else(_formulas(texts), pc.binary_join_element_wise("'", texts, ""), texts)


def _formulas(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    starts = pc.match_substring_regex(texts, _FORMULA)
    return pc.fill_null(pc.and_not(starts, pc.match_substring_regex(texts, _NUMBER)), False)


def _flat(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string())


def _is_text(kind: pa.DataType) -> bool:
    if isinstance(kind, pa.BaseExtensionType):  # JSON
        kind = kind.storage_type
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or (pa.types.is_dictionary(kind) and _is_text(kind.value_type))
    )
