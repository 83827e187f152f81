"""Text for places where some characters mean something else: SQL and terminals.

Whatever comes from a delivery, a file's name or another program passes through `printable` on its way to a terminal:
it may hold sequences that move the cursor.
"""


def quoted(value: object) -> str:
    """The value's text for use between single quotes in SQL."""
    return str(value).replace("'", "''")


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
