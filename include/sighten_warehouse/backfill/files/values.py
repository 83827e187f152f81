"""Finding the end of a JSON or Python value by brackets and strings alone."""

import re

OPENING, CLOSING = b"{[", b"}]"
SPACE = re.compile(rb"[ \t\r\n]*+")

# Everything up to the next bracket, including whole strings. Neither language allows line breaks in a string; without
# this rule one missing quote would swallow line after line. `*+` never backtracks, so it needs no memory for that.
_TO_BRACKET = re.compile(
    rb"""(?: [^"'{}\[\]]++ | "[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+" | '[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*+' )*+""",
    re.VERBOSE | re.DOTALL,
)
_LINE_BREAK = re.compile(rb"[\r\n]")


class NoValueError(ValueError):
    """There is no value that can end: a string in it does not end in its line."""


def end_of_value(text: bytes, start: int) -> int | None:
    """The end of the object or array that begins at `start`; None if the text ends before it.

    Raises:
        NoValueError: it cannot end, however the text continues.
    """
    level, at = 0, start
    while True:
        at = _TO_BRACKET.match(text, at).end()  # type: ignore[union-attr]  # it matches at least nothing
        found = text[at : at + 1]
        if not found:
            return None
        if found in b"\"'":
            if _LINE_BREAK.search(text, at):
                raise NoValueError(f"byte {at}: a string without an end in its line")
            return None
        at += 1
        level += 1 if found in OPENING else -1
        if level == 0:
            return at


def is_one_value(line: bytes) -> bool:
    """Whether the line is exactly one object or array."""
    line = line.strip()
    try:
        return line[:1] in (b"{", b"[") and end_of_value(line, 0) == len(line)
    except NoValueError:
        return False


def after_space(text: bytes, start: int) -> int:
    """The position of the next byte that is not white space, or the end of the text."""
    return SPACE.match(text, start).end()  # type: ignore[union-attr]  # it matches at least nothing
