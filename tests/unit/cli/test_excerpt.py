"""The excerpt that shows where a body cannot be read: the caret is under the right character."""

import pytest
from rich.cells import cell_len

from sighten_warehouse.cli.excerpt import excerpt


def under_the_caret(lines: list[str]) -> str:
    line, caret = lines
    width = cell_len(caret) - 1
    return next(character for place, character in enumerate(line) if cell_len(line[:place]) == width)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("abcXdef", "line 1, column 4"),
        ("first\nabcX\nthird", "line 2, column 4"),
        ("\t\tX", "line 1, column 3"),
        ("日本語X", "line 1, column 4"),
        ("\x1b[31mX\x1b[0m", "line 1, column 6"),
        ("y" * 500 + "X" + "z" * 500, "line 1, column 501"),
    ],
)
def test_the_caret_is_under_the_place(text: str, place: str) -> None:
    lines = excerpt(text.encode(), text, place)

    assert "X" == under_the_caret(lines)
    assert len(lines[0]) <= 100


def test_the_caret_of_an_end_of_text_is_behind_it() -> None:
    assert ['{"a":', "     ^"] == excerpt(b'{"a":', '{"a":', "line 1, column 6")


def test_control_characters_are_not_shown() -> None:
    [line] = excerpt(b"", "a\x1b]0;title\x07b\u202e", "the root")

    assert "a\ufffd]0;title\ufffdb\ufffd" == line


def test_a_byte_that_is_not_text_is_shown_in_hex_with_its_neighbours() -> None:
    body = b'{"uuid": "\xff\xfe"}'

    assert ["22 75 75 69 64 22 3a 20 22"[3:] + " ff fe 22 7d", "                        ^^"] == excerpt(
        body, None, "byte 10"
    )


def test_a_place_without_a_position_shows_the_start_of_the_body() -> None:
    assert ["<html>"] == excerpt(b"<html>\n<body>", "<html>\n<body>", "the whole body")
