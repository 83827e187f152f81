"""The known codes, by field: those of the product, and the files of the same form in which a home adds its own."""

from collections.abc import Collection
from importlib.resources import files
from typing import Any

import yaml

from sighten_warehouse.errors import SettingError

Codes = dict[str, frozenset[str]]


def parse_codes(text: str, *, name: str, fields: Collection[str] | None = None) -> Codes:
    """The codes that such a file lists for each field, each as it is spelt there, in quotes or not.

    Raises:
        SettingError: it is not of that form, or lists codes of a field that is none of `fields`; says in which line.
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
    # As it is spelt: YAML would make a boolean of NO and a number of 10.
    return frozenset(str(code.value) for code in listed.value)


def _place(name: str, mark: Any) -> str:
    return f"{name} line {mark.line + 1}, column {mark.column + 1}" if mark else name


KNOWN_CODES = parse_codes(files("sighten_warehouse.payload").joinpath("codes.yml").read_text("utf-8"), name="codes.yml")
