"""Values inside SQL text, where a statement takes no parameters: `attach`, `copy`, `comment` and views."""


def quoted(value: object) -> str:
    """The value's text for use between single quotes in SQL."""
    return str(value).replace("'", "''")
