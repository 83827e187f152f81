"""Splitting a text into bodies: one, one a line, an array, or several in a row; its content decides."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from sighten_warehouse.backfill.files.reading import Reader
from sighten_warehouse.backfill.files.values import NoValueError, after_space, end_of_value, is_one_value
from sighten_warehouse.errors import RejectedError

Framing = Literal["one body", "one body a line", "array of bodies", "bodies one after the other"]

ONE: Framing = "one body"
LINES: Framing = "one body a line"
ARRAY: Framing = "array of bodies"
VALUES: Framing = "bodies one after the other"

# With Raw the decoder checks the text and builds nothing.
_checker = msgspec.json.Decoder(msgspec.Raw)
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SNIFFED_BYTES = 4096
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
_SCALAR_END = re.compile(rb"[,\]]")
_LANDING_LINE = b'{"landing_id":"'
_LANDING_LINE_TIMES = 4  # a landing line holds its body at most twice, each byte as at most two


@dataclass(frozen=True)
class Text:
    """The framing of a text and its bodies, each a rejection if it is broken; iterate once."""

    framing: Framing
    bodies: Iterator[bytes | RejectedError]


def read_text(reader: Reader, *, max_bytes: int) -> Text:
    """Split a text into its bodies, byte for byte; nothing larger than `max_bytes` is ever held.

    Raises:
        RejectedError: it is empty, not text, or broken.
    """
    _refuse_binary(reader)
    start = len(_BOM) if reader.peek(len(_BOM)) == _BOM else 0
    start = _first_non_space(reader, start, max_bytes)
    framing = ONE if _is_one_strict_object(reader, start) else _detect_framing(reader, start, max_bytes)
    if framing == ONE:
        return Text(ONE, iter([_whole(reader, max_bytes)]))
    # The BOM belongs to the file, not to its first body.
    reader.at += start
    return Text(framing, {LINES: _lines, ARRAY: _elements, VALUES: _values}[framing](reader, max_bytes))


def _refuse_binary(reader: Reader) -> None:
    begin = reader.peek(_SNIFFED_BYTES)
    if not begin:
        raise RejectedError("empty", place="the whole file", expected="at least one body")
    without_bom = (begin[0] == 0) != (begin[1:2] == b"\x00") and begin.count(0) * 3 > len(begin)
    if begin.startswith(_UTF_16) or without_bom:  # UTF-16: the loader decodes it
        return
    if (len(begin) - len(begin.translate(None, delete=_CONTROLS))) * 20 > len(begin):
        raise RejectedError("not_text", place="the whole file", expected="bodies, or an archive of files with bodies")


def _first_non_space(reader: Reader, start: int, max_bytes: int) -> int:
    """The offset from the reader's position of the first byte that is not white space."""
    while True:
        first = after_space(reader.buffer, reader.at + start) - reader.at
        held = len(reader.buffer) - reader.at
        if first < held or held > max_bytes or not reader.read_ahead():
            return first


def _is_one_strict_object(reader: Reader, start: int) -> bool:
    """Whether a small text is one JSON object: the most frequent case, and the fastest to detect."""
    if not reader.buffer.startswith(b"{", reader.at + start) or reader.read_ahead():
        return False
    try:
        _checker.decode(memoryview(reader.buffer)[reader.at + start :])
    except (msgspec.DecodeError, RecursionError):
        return False
    return not reader.buffer.startswith(_LANDING_LINE, reader.at + start)


def _skip_space(reader: Reader, max_bytes: int) -> None:
    first = _first_non_space(reader, 0, max_bytes)  # first, since it may move `at`
    reader.at += first


def _detect_framing(reader: Reader, start: int, max_bytes: int) -> Framing:
    if reader.buffer.startswith(_LANDING_LINE, reader.at + start):
        return LINES
    if reader.buffer.startswith(b"[", reader.at + start):
        return ARRAY if _begins_with_an_object(reader, start + 1, max_bytes) else _framing_by_lines(reader)
    end = _end(reader, start, max_bytes)
    if end is None:
        return _framing_by_lines(reader)
    following = _first_non_space(reader, end, max_bytes)
    base = reader.at
    if base + following >= len(reader.buffer):
        return ONE
    on_one_line = b"\n" not in reader.buffer[base + start : base + end]
    next_line = b"\n" in reader.buffer[base + end : base + following]
    if on_one_line and next_line:
        return LINES
    return VALUES if reader.buffer[base + following : base + following + 1] == b"{" else ONE


def _end(reader: Reader, start: int, max_bytes: int) -> int | None:
    """The offset of the end of the object or array that begins at `start`; None if it has none."""
    while reader.buffer[reader.at + start : reader.at + start + 1] in (b"{", b"["):
        try:
            end = end_of_value(reader.buffer, reader.at + start)
        except NoValueError:
            return None
        if end is not None:
            return end - reader.at
        if len(reader.buffer) - reader.at - start > max_bytes or not reader.read_ahead():
            return None
    return None


def _begins_with_an_object(reader: Reader, start: int, max_bytes: int) -> bool:
    at = _first_non_space(reader, start, max_bytes)
    begin = reader.buffer[reader.at + at : reader.at + at + 1]
    return begin == b"]" or (begin == b"{" and _end(reader, at, max_bytes) is not None)


def _framing_by_lines(reader: Reader) -> Framing:
    """The framing of a text with a broken first body: the majority of lines decides."""
    lines = [line for line in reader.buffer[reader.at :].splitlines() if line.strip()]
    return LINES if sum(map(is_one_value, lines)) * 2 > len(lines) > 1 else ONE


def _whole(reader: Reader, max_bytes: int) -> bytes | RejectedError:
    body = reader.peek(max_bytes + 1)
    return _too_big("the whole file", max_bytes) if len(body) > max_bytes else body


def _lines(reader: Reader, max_bytes: int) -> Iterator[bytes | RejectedError]:
    number = 0
    while True:
        number += 1
        end = _line_end(reader, max_bytes * _LANDING_LINE_TIMES)
        line, reader.at = reader.buffer[reader.at : end], end
        if not line:
            return
        whole = line.endswith(b"\n") or not reader.peek(1)
        if not whole:
            _skip_line(reader)
        stripped = line.strip(b" \t\r\n")
        too_big = not whole or (len(stripped) > max_bytes and not stripped.startswith(_LANDING_LINE))
        if stripped or not whole:
            yield _too_big(f"line {number}", max_bytes) if too_big else stripped


def _line_end(reader: Reader, max_bytes: int) -> int:
    searched = 0
    while True:
        end = reader.buffer.find(b"\n", reader.at + searched)
        if end >= 0:
            return end + 1
        searched = len(reader.buffer) - reader.at
        if searched > max_bytes or not reader.read_ahead():
            return len(reader.buffer)


def _skip_line(reader: Reader) -> None:
    while True:
        end = reader.buffer.find(b"\n", reader.at)
        reader.at = end + 1 if end >= 0 else len(reader.buffer)
        if end >= 0 or not reader.read_ahead():
            return


def _values(reader: Reader, max_bytes: int) -> Iterator[bytes | RejectedError]:
    number = 0
    while True:
        _skip_space(reader, max_bytes)
        if reader.at == len(reader.buffer):
            return
        number += 1
        yield _take_value(reader, max_bytes, place=f"body {number}")


def _elements(reader: Reader, max_bytes: int) -> Iterator[bytes | RejectedError]:
    number = 0
    reader.at += 1
    while True:
        _skip_space(reader, max_bytes)
        begin = reader.buffer[reader.at : reader.at + 1]
        number += begin not in (b",", b"]")
        if begin == b"]":
            break
        if not begin:
            raise RejectedError("cut_off", place=f"element {number}", expected="the end of the array, `]`")
        if begin == b",":
            reader.at += 1
        else:
            yield _take_value(reader, max_bytes, place=f"element {number}")
    reader.at += 1
    _skip_space(reader, max_bytes)
    if reader.at < len(reader.buffer):
        raise RejectedError("not_json", place=f"after element {number}", expected="nothing after the array")


def _take_value(reader: Reader, max_bytes: int, *, place: str) -> bytes:
    if reader.buffer[reader.at : reader.at + 1] in (b"{", b"["):
        end = _end(reader, 0, max_bytes)
    else:
        end = _scalar_end(reader, max_bytes)
    if end is None or end > max_bytes:
        raise RejectedError("not_json", place=place, expected=f"a body that ends within {max_bytes} bytes")
    body = reader.buffer[reader.at : reader.at + end]
    reader.at += end
    return body.rstrip()


def _scalar_end(reader: Reader, max_bytes: int) -> int | None:
    while True:
        found = _SCALAR_END.search(reader.buffer, reader.at)
        if found:
            return found.start() - reader.at
        if len(reader.buffer) - reader.at > max_bytes or not reader.read_ahead():
            return None


def _too_big(place: str, max_bytes: int) -> RejectedError:
    return RejectedError("too_big", place=place, expected=f"at most {max_bytes} bytes (SIGHTEN_MAX_BODY_BYTES)")
