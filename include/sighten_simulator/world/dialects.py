"""The ways in which the same payload is written: strict JSON, the vendor's sample's mixture, Python, XML and forms."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

Dialect = Literal["compact", "pretty", "sample", "python", "xml", "form"]
CONTENT_TYPES: Mapping[Dialect, str] = {"xml": "application/xml", "form": "application/x-www-form-urlencoded"}

# In these the vendor's sample writes the string "None" where there is nothing.
NONE_AS_TEXT = frozenset({"thread", "instructions"})
_TO_PYTHON = {"true": "True", "false": "False", "null": "None"}
_TO_JSON = {python: strict for strict, python in _TO_PYTHON.items()}
_STRINGS_AND_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z]+')


def write(payload: dict[str, Any], dialect: Dialect) -> bytes:
    """The payload as a body, UTF-8.

    `compact` and `pretty` are strict JSON (RFC 8259), the latter with every character beyond ASCII escaped; `sample` is
    JSON with Python's True, False and None, and "None" in `NONE_AS_TEXT`; `python` is a whole Python literal. How
    Sighten writes XML and forms is not known: here `xml` has an element for each key and an `item` for each thing in a
    list, and `form` has a field for each key of the root.
    """
    return _WRITERS[dialect](payload).encode()


def as_strict_json(body: str) -> str:
    """The body, in the sample's dialect, as strict JSON: True, False and None outside strings become JSON's words."""
    return _exchange_words(body, _TO_JSON)


def _write_compact(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _write_pretty(payload: dict[str, Any]) -> str:
    return json.dumps(payload, indent=2)


def _write_as_sample(payload: dict[str, Any]) -> str:
    text = json.dumps(_none_as_text(payload), ensure_ascii=False, indent=3, separators=(",", ":"))
    return _exchange_words(text, _TO_PYTHON)


def _none_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_none_as_text(item) for item in value]
    if isinstance(value, dict):
        return {
            key: "None" if item is None and key in NONE_AS_TEXT else _none_as_text(item) for key, item in value.items()
        }
    return value


def _exchange_words(text: str, words: Mapping[str, str]) -> str:
    """Strings are matched whole and stay as they are, whatever words they hold."""
    return _STRINGS_AND_WORDS.sub(lambda match: words.get(match.group(), match.group()), text)


def _write_xml(payload: dict[str, Any]) -> str:
    return ET.tostring(_element("webhook", payload), encoding="unicode", xml_declaration=True)


def _element(tag: str, value: Any) -> ET.Element:
    element = ET.Element(tag)
    if isinstance(value, dict):
        element.extend(_element(key, item) for key, item in value.items())
    elif isinstance(value, list):
        element.extend(_element("item", item) for item in value)
    elif value is not None:
        element.text = value if isinstance(value, str) else json.dumps(value)
    return element


def _write_form(payload: dict[str, Any]) -> str:
    return urlencode({key: item if isinstance(item, str) else json.dumps(item) for key, item in payload.items()})


_WRITERS: dict[Dialect, Callable[[dict[str, Any]], str]] = {
    "compact": _write_compact,
    "pretty": _write_pretty,
    "sample": _write_as_sample,
    "python": repr,
    "xml": _write_xml,
    "form": _write_form,
}
