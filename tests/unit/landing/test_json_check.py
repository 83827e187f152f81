import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sighten_warehouse.landing.json_check import depth, is_plain_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text('[]{}"\\a'),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('[]{}"\\a', max_size=4), inner, max_size=4),
    max_leaves=20,
)


def levels(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(levels, inner), default=0)


@given(VALUES)
def test_depth_counts_the_levels_and_no_bracket_inside_a_string(value: Any) -> None:
    text = json.dumps(value).encode()

    assert levels(value) == depth(text)
    assert is_plain_json(text, max_levels=levels(value))
    assert levels(value) == 0 or not is_plain_json(text, max_levels=levels(value) - 1)


@given(VALUES, st.data())
def test_text_is_plain_json_exactly_when_it_can_be_parsed(value: Any, data: st.DataObject) -> None:
    whole = json.dumps(value)
    position = data.draw(st.integers(0, len(whole)))
    text = (whole[:position] + data.draw(st.text('[]{}",:\\ \n0e9.+-\x00tN', max_size=3)) + whole[position:]).encode()

    try:
        msgspec.json.decode(text)
    except msgspec.DecodeError:
        assert not is_plain_json(text, max_levels=100)
    else:
        assert is_plain_json(text, max_levels=100)


@pytest.mark.parametrize(
    "text",
    [
        b"1e999",
        b"[1, -1.5E+400]",
        b'{"a":-2.5e999}',
        b'["5e123", ' * 60 + b"1e999" + b"]" * 60,
        b"9" * 310 + b".5",
        b"9" * 250 + b"e99",
        b"8" * 4301,
        b"0." + b"1" * 5000,
    ],
)
def test_a_number_out_of_the_range_of_some_reader_is_not_plain(text: bytes) -> None:
    assert not is_plain_json(text, max_levels=100)


@pytest.mark.parametrize("text", [b"1e308", b'"1e999"', b'{"1e999": 1e-999}', b"1e0000005", b"7" * 4300, b"1.5e+300"])
def test_a_number_in_the_range_of_every_reader_is_plain(text: bytes) -> None:
    assert is_plain_json(text, max_levels=10)


def test_brackets_are_counted_across_the_slices_of_a_large_text() -> None:
    filler = b'"' + b'[\\"' * 100_000 + b'", '

    assert 3 == depth(b"[" + filler * 2 + b'[["' + b"[" * 300_000 + b'"]]]')
    assert 300_000 == depth(b"[" * 300_000 + b"]" * 300_000)
