"""How a command that asks the API ends."""

import sys
from collections.abc import Iterable

import click

from sighten_warehouse.cli.main import SOMETHING_TO_LOOK_AT


def end(told: str, problems: Iterable[str], *, is_to_be_looked_at: bool) -> None:
    """What came of it is said, and on stderr what is to be looked at; if anything is, the command ends with 1."""
    click.echo(told)
    for problem in problems:
        click.echo(problem, err=True)
    if is_to_be_looked_at:
        sys.exit(SOMETHING_TO_LOOK_AT)
