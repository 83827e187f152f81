"""Text that is safe to print on a terminal: what was delivered may hold sequences that move its cursor.

Whatever comes from a delivery, a file's name or another program passes through here on its way to a terminal.
"""


def printable(text: str) -> str:
    """The text with every non-printable character replaced by `�`."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else "�" for character in text)


def printable_lines(text: str) -> str:
    """The same, but the ends of lines stay."""
    if text.isprintable():
        return text
    return "\n".join(map(printable, text.split("\n")))
