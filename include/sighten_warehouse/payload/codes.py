"""The known codes of each field: the product's, and those that a home adds in `codes.yml`."""

import hashlib
from collections.abc import Collection
from importlib.resources import files
from typing import Any

import yaml

from sighten_warehouse.errors import SettingError
from sighten_warehouse.layout import Layout
from sighten_warehouse.payload.drift import example_of

Codes = dict[str, frozenset[str]]

CODES_COLUMNS = {"code_field": "varchar", "example": "varchar"}


def parse_codes(text: str, *, name: str, fields: Collection[str] | None = None) -> Codes:
    """Parse a file of codes: field → codes as spelt in the file, with or without quotes.

    Raises:
        SettingError: it is ill-formed, or names a field that is not in `fields`; the message gives the line.
    """
    try:
        root: Any = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise SettingError(f"{_place(name, mark)}: expected YAML ({getattr(error, 'problem', error)})") from None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise SettingError(f"{_place(name, root.start_mark)}: expected fields, each with a list of codes")
    codes: Codes = {}
    for field, listed in root.value:
        if field.value in codes:
            raise SettingError(f"{_place(name, field.start_mark)}: {field.value} stands twice, expected once")
        if fields is not None and field.value not in fields:
            expected = ", ".join(sorted(fields))
            raise SettingError(f"{_place(name, field.start_mark)}: {field.value}: expected one of {expected}")
        codes[str(field.value)] = _codes(listed, name, str(field.value))
    return codes


def _codes(listed: Any, name: str, field: str) -> frozenset[str]:
    if not isinstance(listed, yaml.SequenceNode):
        raise SettingError(f"{_place(name, listed.start_mark)}: {field}: expected a list of codes, such as [ONE, TWO]")
    for code in listed.value:
        if not isinstance(code, yaml.ScalarNode):
            raise SettingError(f"{_place(name, code.start_mark)}: {field}: expected a code, not a list or a mapping")
    # As spelt: YAML would turn NO into a boolean and 10 into a number.
    return frozenset(str(code.value) for code in listed.value)


def _place(name: str, mark: Any) -> str:
    return f"{name} line {mark.line + 1}, column {mark.column + 1}" if mark else name


KNOWN_CODES = parse_codes(files("sighten_warehouse.payload").joinpath("codes.yml").read_text("utf-8"), name="codes.yml")


def own_codes(layout: Layout) -> list[tuple[str, str]]:
    """The rows of `staging.own_codes`: the home's codes and the product's, which may not have been known when loaded.

    Each is spelt like the examples in `history.drift`.

    Raises:
        SettingError: the file is ill-formed; the message gives the place.
    """
    return [(field, example_of(code)) for field, code in sorted(_known(layout))]


def known_codes(layout: Layout) -> frozenset[str]:
    """Every code that the product or the home knows, of whichever field.

    Raises:
        SettingError: the home's file is ill-formed; the message gives the place.
    """
    return frozenset(code for _, code in _known(layout))


def _known(layout: Layout) -> set[tuple[str, str]]:
    codes = parse_codes(_text(layout), name=str(layout.codes), fields=KNOWN_CODES)
    return {(field, code) for listed in (KNOWN_CODES, codes) for field in listed for code in listed[field]}


def codes_digest(layout: Layout) -> str:
    """A short hash of the home's codes and acknowledged drift, so that a change is published; empty without either."""
    files = [path.read_bytes() for path in (layout.codes, layout.acknowledged_drift) if path.exists()]
    return hashlib.sha256(b"".join(files)).hexdigest()[:12] if files else ""


def _text(layout: Layout) -> str:
    try:
        return layout.codes.read_text("utf-8") if layout.codes.exists() else ""
    except UnicodeDecodeError as error:
        raise SettingError(f"{layout.codes} byte {error.start}: expected text in UTF-8") from None
