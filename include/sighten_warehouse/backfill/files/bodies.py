"""A text as the bodies in it: one, one a line, an array of them, or one after the other; told from its content."""

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

# Raw makes the decoder check the text and build nothing.
_checker = msgspec.json.Decoder(msgspec.Raw)
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LOOKED_AT_TO_TELL = 4096
_CONTROLS = bytes(set(range(0x20)) - set(b"\t\n\r"))
_SCALAR_END = re.compile(rb"[,\]]")
_LANDING_LINE = b'{"landing_id":"'
_LANDING_LINE_TIMES = 4  # a landing line holds its body twice at most, with each byte as two at most


@dataclass(frozen=True)
class Text:
    """What a text holds, and the bodies themselves, or what is wrong in the place of one; to be read once."""

    shape: Framing
    bodies: Iterator[bytes | RejectedError]


def read_text(reader: Reader, *, max_bytes: int) -> Text:
    """The bodies of a text, each as its bytes stand there; nothing larger than `max_bytes` is ever held.

    Raises:
        RejectedError: it is empty, no text, or broken.
    """
    _refuse_what_is_no_text(reader)
    start = len(_BOM) if reader.look(len(_BOM)) == _BOM else 0
    start = _first(reader, start, max_bytes)
    shape = ONE if _is_one_strict_object(reader, start) else _shape(reader, start, max_bytes)
    if shape == ONE:
        return Text(ONE, iter([_one(reader, max_bytes)]))
    # The mark belongs to the file and not to its first body.
    reader.at += start
    return Text(shape, {LINES: _lines, ARRAY: _elements, VALUES: _values}[shape](reader, max_bytes))


def _refuse_what_is_no_text(reader: Reader) -> None:
    begin = reader.look(_LOOKED_AT_TO_TELL)
    if not begin:
        raise RejectedError("empty", place="the whole file", expected="at least one body")
    without_mark = (begin[0] == 0) != (begin[1:2] == b"\x00") and begin.count(0) * 3 > len(begin)
    if begin.startswith(_UTF_16) or without_mark:  # two bytes a character: that is the loader's to find out
        return
    if (len(begin) - len(begin.translate(None, delete=_CONTROLS))) * 20 > len(begin):
        raise RejectedError("not_text", place="the whole file", expected="bodies, or an archive of files with bodies")


def _first(reader: Reader, start: int, max_bytes: int) -> int:
    """Where, counted from what is next, the first byte stands that is no white space."""
    while True:
        first = after_space(reader.text, reader.at + start) - reader.at
        held = len(reader.text) - reader.at
        if first < held or held > max_bytes or not reader.look_further():
            return first


def _is_one_strict_object(reader: Reader, start: int) -> bool:
    """Whether a small text is JSON as a whole, the most frequent case of all and the one that is told fastest."""
    if not reader.text.startswith(b"{", reader.at + start) or reader.look_further():
        return False
    try:
        _checker.decode(memoryview(reader.text)[reader.at + start :])
    except (msgspec.DecodeError, RecursionError):
        return False
    return not reader.text.startswith(_LANDING_LINE, reader.at + start)


def _skip_space(reader: Reader, max_bytes: int) -> None:
    first = _first(reader, 0, max_bytes)  # which moves `at` itself
    reader.at += first


def _shape(reader: Reader, start: int, max_bytes: int) -> Framing:
    if reader.text.startswith(_LANDING_LINE, reader.at + start):
        return LINES
    if reader.text.startswith(b"[", reader.at + start):
        return ARRAY if _begins_with_an_object(reader, start + 1, max_bytes) else _of_lines(reader)
    end = _end(reader, start, max_bytes)
    if end is None:
        return _of_lines(reader)
    following = _first(reader, end, max_bytes)
    base = reader.at
    if base + following >= len(reader.text):
        return ONE
    on_one_line = b"\n" not in reader.text[base + start : base + end]
    next_line = b"\n" in reader.text[base + end : base + following]
    if on_one_line and next_line:
        return LINES
    return VALUES if reader.text[base + following : base + following + 1] == b"{" else ONE


def _end(reader: Reader, start: int, max_bytes: int) -> int | None:
    """Where, counted from what is next, the object or array that begins at `start` ends; None where it does not."""
    while reader.text[reader.at + start : reader.at + start + 1] in (b"{", b"["):
        try:
            end = end_of_value(reader.text, reader.at + start)
        except NoValueError:
            return None
        if end is not None:
            return end - reader.at
        if len(reader.text) - reader.at - start > max_bytes or not reader.look_further():
            return None
    return None


def _begins_with_an_object(reader: Reader, start: int, max_bytes: int) -> bool:
    at = _first(reader, start, max_bytes)
    begin = reader.text[reader.at + at : reader.at + at + 1]
    return begin == b"]" or (begin == b"{" and _end(reader, at, max_bytes) is not None)


def _of_lines(reader: Reader) -> Framing:
    """What a text is whose first body is broken: most lines decide."""
    lines = [line for line in reader.text[reader.at :].splitlines() if line.strip()]
    return LINES if sum(map(is_one_value, lines)) * 2 > len(lines) > 1 else ONE


def _one(reader: Reader, max_bytes: int) -> bytes | RejectedError:
    body = reader.look(max_bytes + 1)
    return _too_big("the whole file", max_bytes) if len(body) > max_bytes else body


def _lines(reader: Reader, max_bytes: int) -> Iterator[bytes | RejectedError]:
    number = 0
    while True:
        number += 1
        end = _line_end(reader, max_bytes * _LANDING_LINE_TIMES)
        line, reader.at = reader.text[reader.at : end], end
        if not line:
            return
        whole = line.endswith(b"\n") or not reader.look(1)
        if not whole:
            _skip_line(reader)
        stripped = line.strip(b" \t\r\n")
        too_big = not whole or (len(stripped) > max_bytes and not stripped.startswith(_LANDING_LINE))
        if stripped or not whole:
            yield _too_big(f"line {number}", max_bytes) if too_big else stripped


def _line_end(reader: Reader, max_bytes: int) -> int:
    looked = 0
    while True:
        end = reader.text.find(b"\n", reader.at + looked)
        if end >= 0:
            return end + 1
        looked = len(reader.text) - reader.at
        if looked > max_bytes or not reader.look_further():
            return len(reader.text)


def _skip_line(reader: Reader) -> None:
    while True:
        end = reader.text.find(b"\n", reader.at)
        reader.at = end + 1 if end >= 0 else len(reader.text)
        if end >= 0 or not reader.look_further():
            return


def _values(reader: Reader, max_bytes: int) -> Iterator[bytes | RejectedError]:
    number = 0
    while True:
        _skip_space(reader, max_bytes)
        if reader.at == len(reader.text):
            return
        number += 1
        yield _take_value(reader, max_bytes, place=f"body {number}")


def _elements(reader: Reader, max_bytes: int) -> Iterator[bytes | RejectedError]:
    number = 0
    reader.at += 1
    while True:
        _skip_space(reader, max_bytes)
        begin = reader.text[reader.at : reader.at + 1]
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
    if reader.at < len(reader.text):
        raise RejectedError("not_json", place=f"after element {number}", expected="nothing after the array")


def _take_value(reader: Reader, max_bytes: int, *, place: str) -> bytes:
    if reader.text[reader.at : reader.at + 1] in (b"{", b"["):
        end = _end(reader, 0, max_bytes)
    else:
        end = _scalar_end(reader, max_bytes)
    if end is None or end > max_bytes:
        raise RejectedError("not_json", place=place, expected=f"a body that ends within {max_bytes} bytes")
    body = reader.text[reader.at : reader.at + end]
    reader.at += end
    return body.rstrip()


def _scalar_end(reader: Reader, max_bytes: int) -> int | None:
    while True:
        found = _SCALAR_END.search(reader.text, reader.at)
        if found:
            return found.start() - reader.at
        if len(reader.text) - reader.at > max_bytes or not reader.look_further():
            return None


def _too_big(place: str, max_bytes: int) -> RejectedError:
    return RejectedError("too_big", place=place, expected=f"at most {max_bytes} bytes, as SIGHTEN_MAX_BODY_BYTES says")
