"""Where a JSON value ends in a text, told from brackets and strings alone, in JSON's spelling or in Python's."""

import re

OPENING, CLOSING = b"{[", b"}]"
SPACE = re.compile(rb"[ \t\r\n]*+")

# All up to the next bracket, whole strings included. No line breaks in a string: neither language has them there, and
# without that a single missing quote would swallow line after line. `+` after `*`: no way back, so no memory for one.
_TO_BRACKET = re.compile(
    rb"""(?: [^"'{}\[\]]++ | "[^"\\\r\n]*+(?:\\.[^"\\\r\n]*+)*+" | '[^'\\\r\n]*+(?:\\.[^'\\\r\n]*+)*+' )*+""",
    re.VERBOSE | re.DOTALL,
)
_LINE_BREAK = re.compile(rb"[\r\n]")


class NoValueError(ValueError):
    """No value begins there that could end anywhere: a string in it runs past its line."""


def end_of_value(text: bytes, start: int) -> int | None:
    """Where the object or array that begins at `start` ends; None where the text ends before it.

    Raises:
        NoValueError: however the text goes on, it cannot end.
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
    """Whether the line is one whole object or array and nothing besides."""
    line = line.strip()
    try:
        return line[:1] in (b"{", b"[") and end_of_value(line, 0) == len(line)
    except NoValueError:
        return False


def after_space(text: bytes, start: int) -> int:
    """Where the next byte stands that is no white space, or the text ends."""
    return SPACE.match(text, start).end()  # type: ignore[union-attr]  # it matches at least nothing
