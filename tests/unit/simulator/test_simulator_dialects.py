"""All dialects of a payload have the same meaning."""

import ast
import json
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import pytest

from sighten_simulator.world.dialects import as_strict_json, write
from sighten_simulator.world.lives import build_simulation
from sighten_simulator.world.sample import sample_body, sample_payload

DIFFICULT = {
    "comment": "He said \"True\", it's None; {'a': False}, \\true\\ \u00a0 null\n屋根 ☀ 🏠",
    "thread": None,
    "data": True,
    "required": False,
    "tasks": [],
    "count": 2,
    "resource_id": None,
}


def _payloads() -> list[dict[str, Any]]:
    return [DIFFICULT, *(life.final for life in build_simulation(3, 30).lives)]


@pytest.mark.parametrize("dialect", ["compact", "pretty"])
def test_strict_json_parses_to_the_payload(dialect: Any) -> None:
    for payload in _payloads():
        assert payload == json.loads(write(payload, dialect))


def test_the_python_dialect_parses_to_the_payload() -> None:
    for payload in _payloads():
        assert payload == ast.literal_eval(write(payload, "python").decode())


def test_xml_has_an_element_for_each_key_and_an_item_for_each_list_element() -> None:
    payload = DIFFICULT | {"tasks": [{"name": "a & <b>"}, {"name": None}]}

    root = ET.fromstring(write(payload, "xml"))  # noqa: S314  (our own)

    assert DIFFICULT["comment"] == root.findtext("comment")
    assert ["a & <b>", ""] == [item.findtext("name") for item in root.findall("tasks/item")]
    assert ("true", "2", "") == (root.findtext("data"), root.findtext("count"), root.findtext("thread"))


def test_a_form_has_a_field_for_each_key_of_the_root() -> None:
    fields = dict(parse_qsl(write(DIFFICULT, "form").decode(), keep_blank_values=True))

    assert DIFFICULT["comment"] == fields.pop("comment")
    assert {key: value for key, value in DIFFICULT.items() if key != "comment"} == {
        key: json.loads(value) for key, value in fields.items()
    }


def test_the_python_dialect_has_single_quotes_and_none() -> None:
    assert b"{'thread': None, 'data': True}" == write({"thread": None, "data": True}, "python")


def test_the_samples_dialect_parses_to_the_payload_except_for_none_as_text() -> None:
    expected = DIFFICULT | {"thread": "None"}

    body = write(DIFFICULT, "sample")

    assert expected == ast.literal_eval(body.decode())
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)


def test_the_samples_dialect_becomes_strict_json_with_the_inside_of_strings_kept() -> None:
    expected = DIFFICULT | {"thread": "None"}

    strict = as_strict_json(write(DIFFICULT, "sample").decode())

    assert expected == json.loads(strict)


def test_the_vendors_sample_as_strict_json_equals_the_python_literal() -> None:
    body = sample_body().decode()

    strict = as_strict_json(body)

    assert ast.literal_eval(body) == json.loads(strict) == sample_payload()
    assert 5 == strict.count('"None"')


def test_the_sample_is_kept_byte_for_byte() -> None:
    body = sample_body()

    assert body.startswith(b'{\n   "comments":[\n')
    assert b'"ready_to_submit":True,' in body
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
