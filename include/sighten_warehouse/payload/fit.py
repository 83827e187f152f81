"""One function for each type: convert a JSON value to the type, or return `UNFIT`. None of them raises."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sighten_warehouse.payload.json_text import NotANumber, json_text


class Unfit:
    """The type of `UNFIT`."""


UNFIT: Final = Unfit()
Fit = Callable[[Any], Any]

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1
INT64_DIGITS = 19
_CANONICAL_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# Python's UUID() also accepts misplaced hyphens, underscores, signs and the digits of every script.
_HEX = r"(?:[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_ANY_UUID = re.compile(rf"\{{{_HEX}\}}|(?:urn:uuid:)?{_HEX}", re.ASCII | re.IGNORECASE)
_DATE_FIRST = re.compile(r"\d{4}-\d{2}-\d{2}")


def fit_text(value: Any) -> str | Unfit:
    """Any text that UTF-8 can hold; `""` stays `""`."""
    if not isinstance(value, str) or isinstance(value, NotANumber):
        return UNFIT
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return UNFIT
    return value


def fit_uuid(value: Any) -> str | Unfit:
    """A UUID in its canonical spelling (RFC 9562): lower case, with hyphens, without braces."""
    if not isinstance(value, str):
        return UNFIT
    if _CANONICAL_UUID.fullmatch(value):
        return value
    spelling = value.strip()
    return str(UUID(spelling.lower())) if _ANY_UUID.fullmatch(spelling) else UNFIT


def fit_timestamp(value: Any) -> datetime | Unfit:
    """An ISO 8601 date and time, as UTC without a zone; a value without a zone is taken as UTC."""
    if not isinstance(value, str) or not _DATE_FIRST.match(value):
        return UNFIT
    try:
        moment = datetime.fromisoformat(value.strip())
        if moment.tzinfo not in (None, UTC):
            moment = moment.astimezone(UTC)
        return moment.replace(tzinfo=None)
    except (ValueError, OverflowError):
        return UNFIT


def fit_integer(value: Any) -> int | Unfit:
    """A whole number of at most 64 bits, never a boolean."""
    if isinstance(value, Decimal):
        value = _whole(value)
    if not isinstance(value, int) or isinstance(value, bool):
        return UNFIT
    return value if INT64_MIN <= value <= INT64_MAX else UNFIT


def _whole(value: Decimal) -> int | None:
    # Check the size first: 1e999999999 is short text, but no memory holds the integer.
    small = value.is_finite() and value.adjusted() < INT64_DIGITS
    return int(value) if small and value == value.to_integral_value() else None


def fit_boolean(value: Any) -> bool | Unfit:
    """`true` or `false`, and nothing similar."""
    return value if isinstance(value, bool) else UNFIT


def fit_json(value: Any) -> str:
    """Any value at all, as JSON text."""
    return json_text(value)
