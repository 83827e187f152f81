"""Parsing the text of a body: as strict JSON, else as JSON with Python's literals, else quarantine."""

import json
import re
from array import array
from bisect import bisect_right
from contextlib import suppress
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal

import msgspec

from sighten_warehouse.errors import RejectedError
from sighten_warehouse.landing.json_check import depth
from sighten_warehouse.landing.line import EMBEDDED_DEPTH
from sighten_warehouse.payload.json_text import NotANumber

Repair = Literal["none", "literals"]


def _exact_float(text: str) -> Decimal | NotANumber:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent out of the range of Decimal
        return NotANumber(text)


def _exact_integer(text: str) -> int | NotANumber:
    try:
        return int(text)
    except ValueError:  # more digits than Python parses
        return NotANumber(text)


_strict = msgspec.json.Decoder(float_hook=_exact_float)
_tolerant = json.JSONDecoder(parse_float=_exact_float, parse_int=_exact_integer, parse_constant=NotANumber)
_TOKENS = re.compile(
    r"""
      "[^"\\]*+(?:\\.[^"\\]*+)*+"       # a JSON string; `*+` never backtracks, so it needs no memory for that
    | [uU]?'[^'\\]*+(?:\\.[^'\\]*+)*+'  # a Python string
    | [uU](?=")                         # its prefix in Python 2
    | [A-Za-z_][A-Za-z_0-9]*            # a bare word
    | ["']                              # a string that never ends
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES_AND_QUOTES = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[0-7]{1,3}|.)|\"", re.DOTALL)
_WORDS = {"True": "true", "False": "false", "None": "null", "nan": "NaN", "inf": "Infinity"}
_JSON_ESCAPES = {escape: "\\" + escape for escape in '"\\/bfnrt'}  # shared strings, as a body may hold millions
_OCTAL = frozenset("01234567")
_PYTHON_ESCAPES = {"'": "'", "\n": "", "a": "\\u0007", "v": "\\u000b"}
_EXPECTED = "JSON, or JSON with Python's literals"


def parse_embedded(payload: bytes) -> Any:
    """Parse a payload that was strict JSON when it was landed; numbers keep every digit.

    Raises:
        RejectedError: it is not JSON, so the landing file was changed.
    """
    try:
        return _strict.decode(payload)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError) as error:
        expected = f"the JSON that was landed ({type(error).__name__})"
        raise RejectedError("damaged_line", place="payload", expected=expected) from None


def parse_text(text: str) -> tuple[Any, Repair]:
    """Parse the text of a body; return its value and the repair that it needed.

    Raises:
        RejectedError: it cannot be parsed; the place is the line and column in the original text.
    """
    # The depth of text other than JSON is an estimate: single-quoted strings may add levels, or hide some.
    if _levels(text) <= EMBEDDED_DEPTH:
        with suppress(ValueError, RecursionError):  # not JSON: try literals
            return _tolerant.decode(text.strip("\ufeff \t\r\n")), "none"
    return _parse_literals(text), "literals"


def _levels(text: str) -> int:
    return depth(text.encode("utf-8", "surrogatepass"))


def _parse_literals(text: str) -> Any:
    rewritten, offsets = rewrite_literals(text)
    levels = _levels(rewritten)
    if levels > EMBEDDED_DEPTH:
        raise RejectedError("too_deep", place=f"{levels} levels", expected=f"at most {EMBEDDED_DEPTH} levels")
    try:
        return _tolerant.decode(rewritten.strip("\ufeff \t\r\n"))
    except json.JSONDecodeError as error:
        stripped = len(rewritten) - len(rewritten.lstrip("\ufeff \t\r\n"))
        position = offsets.original(error.pos + stripped)
        raise RejectedError("not_json", place=place_of(text, position), expected=f"{_EXPECTED} ({error.msg})") from None
    except (ValueError, RecursionError) as error:
        raise RejectedError("not_json", place="the whole body", expected=f"{_EXPECTED} ({error})") from None


def place_of(text: str, position: int) -> str:
    """Line and column of a position, counted from 1."""
    before = text[:position]
    return f"line {before.count(chr(10)) + 1}, column {position - (before.rfind(chr(10)) + 1) + 1}"


class Offsets:
    """Maps positions in the rewritten text to the original text."""

    def __init__(self) -> None:
        self._rewritten = array("q", [0])
        self._shift = array("q", [0])

    def add(self, end_in_original: int, grown: int) -> None:
        """Record that the token ending there grew by that many characters (negative: shrank)."""
        shift = self._shift[-1] + grown
        self._rewritten.append(end_in_original + shift)
        self._shift.append(shift)

    def original(self, position: int) -> int:
        """The position in the original text."""
        return position - self._shift[bisect_right(self._rewritten, position) - 1]


def rewrite_literals(text: str) -> tuple[str, Offsets]:
    """Rewrite Python's words and quotes as JSON's; the content of strings keeps its meaning.

    Raises:
        RejectedError: a string does not end, or has an escape that neither language knows.
    """
    offsets = Offsets()

    def rewrite(match: re.Match[str]) -> str:
        token = match.group()
        new = _rewrite_token(token, text, match.start())
        if len(new) != len(token):
            offsets.add(match.end(), len(new) - len(token))
        return new

    return _TOKENS.sub(rewrite, text), offsets


def _rewrite_token(token: str, text: str, start: int) -> str:
    if token in ('"', "'"):
        raise RejectedError("not_json", place=place_of(text, start), expected="the end of the string that begins here")
    if token in ("u", "U") and text[start + 1 : start + 2] == '"':
        return ""
    if token[0] == '"':
        return token if "\\" not in token else f'"{_rewrite_escapes(token[1:-1], text, start)}"'
    if token[-1] == "'":
        inside = token.lstrip("uU")[1:-1]
        return f'"{_rewrite_escapes(inside, text, start)}"' if inside else '""'
    return _WORDS.get(token, token)


def _rewrite_escapes(inside: str, text: str, start: int) -> str:
    def rewrite(match: re.Match[str]) -> str:
        return _rewrite_escape(match.group(1), text, start) if match.group(1) else '\\"'

    if "\\" not in inside and '"' not in inside:
        return inside
    return _ESCAPES_AND_QUOTES.sub(rewrite, inside)


def _rewrite_escape(escape: str, text: str, start: int) -> str:
    if escape in _JSON_ESCAPES:
        return _JSON_ESCAPES[escape]
    if escape[0] == "u" and len(escape) > 1:
        return "\\" + escape
    if escape in _PYTHON_ESCAPES:
        return _PYTHON_ESCAPES[escape]
    if escape[0] in "xU" and len(escape) > 1:
        return _escaped(int(escape[1:], 16), text, start)
    if _OCTAL.issuperset(escape):
        return _escaped(int(escape, 8), text, start)
    raise RejectedError(
        "not_json", place=place_of(text, start), expected=f"an escape of JSON or Python, not \\{escape[0]}"
    )


def _escaped(codepoint: int, text: str, start: int) -> str:
    try:
        return _spelt(codepoint)
    except (ValueError, OverflowError):
        raise RejectedError(
            "not_json", place=place_of(text, start), expected="an escape of a character that exists"
        ) from None


@lru_cache  # share the strings, as a body may hold millions
def _spelt(codepoint: int) -> str:
    return json.dumps(chr(codepoint))[1:-1]
