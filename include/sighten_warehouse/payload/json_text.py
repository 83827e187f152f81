"""JSON text that every reader accepts: exact numbers, no lone surrogates, one canonical form for hashing."""

from decimal import Decimal
from typing import Any

import msgspec


class NotANumber(str):
    """`NaN`, `Infinity` or a number too long to read, as a body spelt it: fits no column, is kept as that text."""

    __slots__ = ()


def _spell(value: Any) -> Any:
    if isinstance(value, NotANumber):
        return str.__str__(value)
    raise TypeError(f"{type(value).__name__}: expected a JSON value")


_as_given = msgspec.json.Encoder(decimal_format="number", enc_hook=_spell)
_canonical = msgspec.json.Encoder(decimal_format="number", enc_hook=_spell, order="deterministic")


def json_text(value: Any) -> str:
    """The value as JSON text, keys in the order given, numbers with every digit they came with."""
    return _encode(_as_given, value).decode()


def canonical_json(value: Any) -> bytes:
    """The value as JSON with sorted keys: equal for bodies of equal meaning, whatever their formatting."""
    return _encode(_canonical, value)


def _encode(encoder: msgspec.json.Encoder, value: Any) -> bytes:
    try:
        return encoder.encode(value)
    except (UnicodeEncodeError, TypeError, ValueError):
        return encoder.encode(_sayable(value))


def _sayable(value: Any) -> Any:
    """The same value with lone surrogates written as text, since UTF-8 has no bytes for them."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_sayable(key): _sayable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_sayable(item) for item in value]
    if isinstance(value, Decimal) and not value.is_finite():
        return str(value)
    return value
