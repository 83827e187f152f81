"""The dialects of a body: strict JSON, the mixture of the vendor's sample, Python, XML and forms."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

Dialect = Literal["compact", "pretty", "sample", "python", "xml", "form"]
CONTENT_TYPES: Mapping[Dialect, str] = {"xml": "application/xml", "form": "application/x-www-form-urlencoded"}

# The vendor's sample writes the string "None" for a null in these keys.
NONE_AS_TEXT = frozenset({"thread", "instructions"})
_TO_PYTHON = {"true": "True", "false": "False", "null": "None"}
_TO_JSON = {python: strict for strict, python in _TO_PYTHON.items()}
_STRINGS_AND_WORDS = re.compile(r'"(?:[^"\\]|\\.)*"|[A-Za-z]+')


def write(payload: dict[str, Any], dialect: Dialect) -> bytes:
    """The payload as a UTF-8 body.

    `compact` and `pretty` are strict JSON (RFC 8259); `pretty` escapes characters beyond ASCII. `sample` is JSON with
    Python's True, False and None, and the text "None" for null in `NONE_AS_TEXT`. `python` is a Python literal. How
    Sighten writes XML and forms is not known: `xml` has an element for each key and an `item` for each list element,
    `form` has a field for each key of the root.
    """
    return _WRITERS[dialect](payload).encode()


def as_strict_json(body: str) -> str:
    """Convert a body in the sample's dialect to strict JSON: replace True, False and None outside strings."""
    return _replace_words(body, _TO_JSON)


def _write_compact(payload: dict[str, Any]) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"))


def _write_pretty(payload: dict[str, Any]) -> str:
    return json.dumps(payload, indent=2)


def _write_as_sample(payload: dict[str, Any]) -> str:
    text = json.dumps(_none_as_text(payload), ensure_ascii=False, indent=3, separators=(",", ":"))
    return _replace_words(text, _TO_PYTHON)


def _none_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_none_as_text(item) for item in value]
    if isinstance(value, dict):
        return {
            key: "None" if item is None and key in NONE_AS_TEXT else _none_as_text(item) for key, item in value.items()
        }
    return value


def _replace_words(text: str, words: Mapping[str, str]) -> str:
    """Replace words outside strings; the pattern matches whole strings, which stay as they are."""
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
