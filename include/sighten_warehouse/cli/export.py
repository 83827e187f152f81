"""`sighten-warehouse export …`: the group of its commands."""

import click

from sighten_warehouse.cli.export_xlsx import xlsx


@click.group()
def export() -> None:
    """Write the published warehouse for another program.

    \b
    Example:
      sighten-warehouse export xlsx marts.xlsx
    """


for command in (xlsx,):
    export.add_command(command)
