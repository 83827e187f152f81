"""What can be said of a JSON text without parsing it into values, in steps so short that other threads hardly wait."""

import math
import re
from itertools import accumulate

import msgspec

# What is worked on at a stretch: a call into C keeps the interpreter to itself until it returns.
_SLICE = 256 * 1024
_BRACKETS = b"[{]}"
_ALL_BUT_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
_BRACKETS_TO_STEPS = bytes.maketrans(_BRACKETS, b"\x01\x01\x00\x00")
_LEVEL_CHANGE = (-1, 1)
_TO_NUMBER_SHAPE = bytes.maketrans(b"123456789E", b"000000000e")
_VAST_NUMBER_SHAPES = (b"e000", b"e+000", b"0" * 300)
_NUMBER = re.compile(rb"[0-9][0-9.eE+-]*")
_LONGEST_NUMBER = 4300  # Python reads no longer integer

# Raw makes the decoder check the text and build nothing: 40 times faster for a large body, and no memory.
_checker = msgspec.json.Decoder(msgspec.Raw)


def is_plain_json(text: bytes, *, max_levels: int) -> bool:
    """Whether UTF-8 text is strict JSON (RFC 8259) that no reader stumbles over: not too deep, each number in range."""
    try:
        _checker.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    bare = _without_strings(text)
    return _depth(bare) <= max_levels and _numbers_in_range(bare)


def depth(text: bytes) -> int:
    """How many levels of arrays and objects the JSON text nests; of other text, a fair guess."""
    return _depth(_without_strings(text))


def _without_strings(text: bytes) -> bytes:
    # A quote after an escape ends no string; backslashes are taken in pairs from the left, as a parser does.
    unescaped = text.replace(b"\\\\", b"").replace(b'\\"', b"")
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
    shape = bare.translate(_TO_NUMBER_SHAPE)
    if not any(vast in shape for vast in _VAST_NUMBER_SHAPES):
        return True
    return not any(_out_of_range(match.group()) for match in _NUMBER.finditer(bare))


def _out_of_range(number: bytes) -> bool:
    return len(number) > _LONGEST_NUMBER or (not number.isdigit() and math.isinf(float(number)))
