"""The part of a body around a problem, with a caret under it, safe to print on a terminal."""

import re

from rich.cells import cell_len

from sighten_warehouse.escaping import printable

BEFORE, AFTER = 60, 40
BYTES_AROUND = 8
_LINE_AND_COLUMN = re.compile(r"line (\d+), column (\d+)")
_BYTE = re.compile(r"byte (\d+)")


def excerpt(body: bytes, text: str | None, place: str) -> list[str]:
    """One line of the body, and a second line with a caret if the place names a column or a byte.

    `text` is the decoded body, or None if it cannot be decoded. Control characters are shown as `�`.
    """
    if text is not None and (match := _LINE_AND_COLUMN.fullmatch(place)):
        return _around(text, line=int(match[1]), column=int(match[2]))
    if match := _BYTE.fullmatch(place):
        return _bytes_around(body, int(match[1]))
    start = text if text is not None else body[: BEFORE + AFTER].decode("latin-1")
    return [printable(start.partition("\n")[0][: BEFORE + AFTER])]


def _around(text: str, *, line: int, column: int) -> list[str]:
    content = text.split("\n")[line - 1]
    before = printable(content[max(0, column - 1 - BEFORE) : column - 1])
    after = printable(content[column - 1 : column - 1 + AFTER])
    return [before + after, " " * cell_len(before) + "^"]


def _bytes_around(body: bytes, position: int) -> list[str]:
    start = max(0, position - BYTES_AROUND)
    return [body[start : position + BYTES_AROUND].hex(" "), "   " * (position - start) + "^^"]
