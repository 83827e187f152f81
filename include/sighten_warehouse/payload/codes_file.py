"""The codes that a home knows besides the product's: what is listed there is no longer reported as drift."""

import hashlib

import pyarrow as pa

from sighten_warehouse.errors import SettingError
from sighten_warehouse.layout import Layout
from sighten_warehouse.payload.codes import KNOWN_CODES, parse_codes
from sighten_warehouse.payload.drift import example_of

CODES_SCHEMA = pa.schema([("code_field", pa.string()), ("example", pa.string())])


def own_codes(layout: Layout) -> pa.Table:
    """The rows of `staging.own_codes`: each code by its field, spelt as the examples in `history.drift` are.

    Raises:
        SettingError: the file is ill-formed; names it and the place.
    """
    codes = parse_codes(_text(layout), name=str(layout.codes), fields=KNOWN_CODES)
    rows = [(field, example_of(code)) for field in sorted(codes) for code in sorted(codes[field])]
    return pa.Table.from_pylist([dict(zip(CODES_SCHEMA.names, row, strict=True)) for row in rows], schema=CODES_SCHEMA)


def codes_digest(layout: Layout) -> str:
    """A short hash of the file, so that a change of it is published; empty while there is none."""
    return hashlib.sha256(layout.codes.read_bytes()).hexdigest()[:12] if layout.codes.exists() else ""


def _text(layout: Layout) -> str:
    try:
        return layout.codes.read_text("utf-8") if layout.codes.exists() else ""
    except UnicodeDecodeError as error:
        raise SettingError(f"{layout.codes} byte {error.start}: expected text in UTF-8") from None
