"""JSON text that every reader accepts: exact numbers, no lone surrogates, one canonical form for hashing."""

from decimal import Decimal
from typing import Any

import msgspec


class NotANumber(str):
    """`NaN`, `Infinity` or a number too long to parse, as spelt in the body; fits no column and is kept as text."""

    __slots__ = ()


def _encode_not_a_number(value: Any) -> Any:
    if isinstance(value, NotANumber):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__}: expected a JSON value")


_as_given = msgspec.json.Encoder(decimal_format="number", enc_hook=_encode_not_a_number)
_canonical = msgspec.json.Encoder(decimal_format="number", enc_hook=_encode_not_a_number, order="deterministic")


def json_text(value: Any) -> str:
    """The value as JSON text: keys in their order, numbers with all their digits."""
    return _encode(_as_given, value).decode()


def canonical_json(value: Any) -> bytes:
    """The value as JSON with sorted keys: equal for bodies that differ only in formatting."""
    return _encode(_canonical, value)


def text_column(text: str) -> str:
    """The text as a column of text can hold it: a lone surrogate is written as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()


def _encode(encoder: msgspec.json.Encoder, value: Any) -> bytes:
    try:
        return encoder.encode(value)
    except (UnicodeEncodeError, TypeError, ValueError):
        return encoder.encode(_encodable(value))


def _encodable(value: Any) -> Any:
    """The value with lone surrogates written as escapes, since UTF-8 cannot encode them."""
    if isinstance(value, str):
        return text_column(value)
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    return value
