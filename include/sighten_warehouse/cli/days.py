"""A day, as the options of several commands take it."""

from datetime import date, datetime

import click


def a_day(text: str) -> date:
    """The day of the calendar that is written so.

    Raises:
        BadParameter: it is none; click says of which option.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a day has no zone)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no day, expected one such as 2018-12-31") from None
