"""`sighten-warehouse export …`: the group of its commands."""

import click


@click.group()
def export() -> None:
    """Write the published warehouse for another program.

    \b
    Examples:
      sighten-warehouse export xlsx marts.xlsx
      sighten-warehouse export dbt sighten_dbt/
    """
