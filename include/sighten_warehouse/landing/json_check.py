"""Checks of JSON text without building its values, in slices short enough not to stall other threads."""

import math
import re
from itertools import accumulate

import msgspec

# A call into C holds the interpreter lock until it returns, so work on slices of this size.
_SLICE = 256 * 1024
_BRACKETS = b"[{]}"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_BRACKETS_TO_STEPS = bytes.maketrans(_BRACKETS, b"\x01\x01\x00\x00")
_LEVEL_CHANGE = (-1, 1)
_TO_NUMBER_SHAPE = bytes.maketrans(b"123456789E", b"000000000e")
_VAST_EXPONENT = b"0e000"
_VAST_DIGITS = b"0" * 200  # fewer, with an exponent of two digits, are in range
_BEFORE_A_NUMBER = b":,[ \t\r\n"
_MAX_EXPONENTS = 50  # more are not looked at one by one
_NUMBER = re.compile(rb"[0-9][0-9.eE+-]*")
_MAX_NUMBER_DIGITS = 4300  # Python parses no longer integer

# With Raw the decoder checks the text and builds nothing: 40 times faster for a large body, without memory.
_checker = msgspec.json.Decoder(msgspec.Raw)


def is_plain_json(text: bytes, *, max_levels: int) -> bool:
    """Whether UTF-8 text is strict JSON (RFC 8259) that every reader accepts: not too deep, each number in range."""
    try:
        _checker.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    # Most bodies have too few brackets to be deep, and nothing that looks like a vast number even in their strings.
    is_shallow = text.count(b"{") + text.count(b"[") <= max_levels
    if is_shallow and not _may_have_vast_numbers(text):
        return True
    bare = _without_strings(text)
    return (is_shallow or _depth(bare) <= max_levels) and _numbers_in_range(bare)


def depth(text: bytes) -> int:
    """The nesting depth of arrays and objects in JSON text; an estimate for other text."""
    return _depth(_without_strings(text))


def _without_strings(text: bytes) -> bytes:
    # An escaped quote ends no string. Backslashes pair up from the left, as in a parser.
    unescaped = text.replace(b"\\\\", b"").replace(b'\\"', b"") if b"\\" in text else text
    kept, inside = [], 0
    for start in range(0, len(unescaped), _SLICE):
        parts = unescaped[start : start + _SLICE].split(b'"')
        kept.append(b"".join(parts[inside::2]))
        inside = (inside + len(parts) - 1) % 2
    return b"".join(kept)


def _depth(bare: bytes) -> int:
    steps = bare.translate(_BRACKETS_TO_STEPS, delete=_ALL_BUT_BRACKETS)
    deepest = level = 0
    for start in range(0, len(steps), _SLICE):
        levels = list(accumulate(map(_LEVEL_CHANGE.__getitem__, steps[start : start + _SLICE]), initial=level))
        level = levels[-1]
        deepest = max([deepest, *levels])
    return deepest


def _numbers_in_range(bare: bytes) -> bool:
    if not _may_have_vast_numbers(bare):
        return True
    return not any(_out_of_range(match.group()) for match in _NUMBER.finditer(bare))


def _may_have_vast_numbers(text: bytes) -> bool:
    """Whether a number may be vast; the digits of ids, as `1c5e123a`, look alike but for what is before them."""
    shape = text.translate(_TO_NUMBER_SHAPE, delete=b"+")
    at = -1
    for _ in range(_MAX_EXPONENTS):
        at = shape.find(_VAST_EXPONENT, at + 1)
        if at < 0:
            return _VAST_DIGITS in shape
        before = shape[max(0, at - len(_VAST_DIGITS)) : at].rstrip(b"0.").removesuffix(b"-")
        if not before or before[-1] in _BEFORE_A_NUMBER:
            return True
    return True


def _out_of_range(number: bytes) -> bool:
    return len(number) > _MAX_NUMBER_DIGITS or (not number.isdigit() and math.isinf(float(number)))
