"""The excerpt that shows where a body cannot be read: the caret stands under the character, whatever it is."""

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
def test_the_caret_stands_under_the_place(text: str, place: str) -> None:
    lines = excerpt(text.encode(), text, place)

    assert "X" == under_the_caret(lines)
    assert len(lines[0]) <= 100


def test_the_end_of_a_text_has_a_caret_behind_it() -> None:
    assert ['{"a":', "     ^"] == excerpt(b'{"a":', '{"a":', "line 1, column 6")


def test_what_a_terminal_might_act_on_is_not_shown() -> None:
    [line] = excerpt(b"", "a\x1b]0;title\x07b\u202e", "the root")

    assert "a\ufffd]0;title\ufffdb\ufffd" == line


def test_a_byte_that_is_no_text_is_shown_among_its_neighbours() -> None:
    body = b'{"uuid": "\xff\xfe"}'

    assert ["22 75 75 69 64 22 3a 20 22"[3:] + " ff fe 22 7d", "                        ^^"] == excerpt(
        body, None, "byte 10"
    )


def test_a_place_that_is_no_position_shows_how_the_body_begins() -> None:
    assert ["<html>"] == excerpt(b"<html>\n<body>", "<html>\n<body>", "the whole body")
