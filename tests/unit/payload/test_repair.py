"""Parsing the text of bodies: strict JSON, Python literals, and neither."""

import ast
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.payload.json_text import NotANumber, canonical_json, json_text
from sighten_warehouse.payload.repair import parse_embedded, parse_text

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_a_python_literal_is_read_as_its_value(value: object) -> None:
    read, _ = parse_text(repr(value))

    assert value == read


@given(VALUES)
def test_strict_json_needs_no_repair(value: object) -> None:
    assert (value, "none") == parse_text(json.dumps(value))


@given(TEXTS)
def test_the_content_of_a_string_is_never_changed(text: str) -> None:
    comment = f"True, False and None: {text}"

    value, repair = parse_text(json.dumps({"comment": comment, "required": 0}).replace(" 0}", " False}"))

    assert {"comment": comment, "required": False} == value
    assert "literals" == repair


@given(st.text(alphabet="{}[]\"'\\,:TrueFalsNonxu0123 \n", max_size=60))
def test_any_text_is_read_or_rejected_and_never_executed(text: str) -> None:
    try:
        value, repair = parse_text(text)
    except RejectedError as error:
        assert error.place
    else:
        assert repair in ("none", "literals")
        json_text(value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{u'a': u'b', u\"c\": True}", {"a": "b", "c": True}),
        (r"{'a': 'it\'s \x41 \101 \u00e9 \U0001F600 \a \/ \"'}", {"a": "it's A A é 😀 \a / \""}),
        ('{"a": True, "b": null, "c": None, "d": false}', {"a": True, "b": None, "c": None, "d": False}),
        ("\ufeff {'a': 1} \n", {"a": 1}),
        ("{'a': \"it's\", 'b': 'say \"hi\"'}", {"a": "it's", "b": 'say "hi"'}),
        ('{"Trueish": "None", "x": [True,False,None]}', {"Trueish": "None", "x": [True, False, None]}),
    ],
)
def test_what_python_prints_is_read(text: str, expected: object) -> None:
    assert expected == parse_text(text)[0]


def test_our_reading_of_python_escapes_agrees_with_python() -> None:
    literal = r"{'a': '\t\n\r\\ \x7f \0 \12 \377 \'', 'b': '\u2019\U0001F600'}"

    assert ast.literal_eval(literal) == parse_text(literal)[0]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"a":', "line 1, column 6"),
        ('{"a": 1,\n "b": \'x}', "line 2, column 7"),
        ('{\n  "a": True,\n  "b": Maybe\n}', "line 3, column 8"),
        ('{"a": True, "b": False "c": 1}', "line 1, column 24"),
        ("<html>", "line 1, column 1"),
        ("__import__('os').system('true')", "line 1, column 1"),
        (r"{'a': '\q'}", "line 1, column 7"),
        (r"{'a': '\8'}", "line 1, column 7"),
    ],
)
def test_a_rejection_gives_the_place_in_the_original_text(text: str, place: str) -> None:
    with pytest.raises(RejectedError) as rejected:
        parse_text(text)

    assert (place, "not_json") == (rejected.value.place, rejected.value.reason)


def test_a_text_that_nests_too_deep_is_rejected_before_it_is_parsed() -> None:
    with pytest.raises(RejectedError, match="at most 200 levels"):
        parse_text("[" * 100_000 + "]" * 100_000)


@pytest.mark.parametrize("text", ["[" * 300, "it's \"" + "{" * 300, "]" * 300])
def test_brackets_inside_a_string_of_either_language_are_no_levels(text: str) -> None:
    assert {"name": text, "ready": True} == parse_text(repr({"name": text, "ready": True}))[0]


def test_levels_after_a_quote_in_single_quotes_are_counted() -> None:
    with pytest.raises(RejectedError, match="too_deep at 301 levels"):
        parse_text("{'said': '\"', 'list': " + "[" * 300 + "]" * 300 + "}")


def test_a_number_too_small_for_a_decimal_is_not_a_number() -> None:
    value = parse_embedded(b'{"a": 1e-99999999999999999999}')

    assert isinstance(value["a"], NotANumber)
    assert '{"a":"1e-99999999999999999999"}' == json_text(value)


def test_numbers_keep_every_digit() -> None:
    body = '{"big": 123456789012345678901234567890, "fine": 1.10, "tiny": 1e-400}'

    value = parse_embedded(body.encode())

    assert {"big": 123456789012345678901234567890, "fine": Decimal("1.10"), "tiny": Decimal("1E-400")} == value
    assert '{"big":123456789012345678901234567890,"fine":1.10,"tiny":1E-400}' == json_text(value)


def test_a_number_too_large_for_memory_is_not_a_number() -> None:
    value, _ = parse_text('{"a": 1e99999999999999999999, "b": ' + "9" * 5_000 + "}")

    assert [NotANumber, NotANumber] == [type(number) for number in value.values()]


def test_nan_and_infinity_are_not_numbers() -> None:
    value, _ = parse_text('{"a": NaN, "b": -Infinity}')

    assert isinstance(value["a"], NotANumber)
    assert '{"a":"NaN","b":"-Infinity"}' == json_text(value)


def test_a_lone_surrogate_is_written_as_an_escape() -> None:
    value, _ = parse_text('{"a": "x\\ud800"}')

    assert '{"a":"x\\\\ud800"}' == json_text(value)


def test_the_canonical_form_ignores_only_the_order_of_keys() -> None:
    assert canonical_json({"a": 1, "b": [2, 1]}) == canonical_json({"b": [2, 1], "a": 1})
    assert canonical_json({"a": [1, 2]}) != canonical_json({"a": [2, 1]})
