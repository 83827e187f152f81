"""`sighten-warehouse export …`: the group of its commands."""

import click

from sighten_warehouse.cli.export_bi import export_evidence, export_metabase, export_superset
from sighten_warehouse.cli.export_dbt import export_dbt
from sighten_warehouse.cli.export_xlsx import export_xlsx


@click.group()
def export() -> None:
    """Write the published warehouse for another program.

    \b
    Examples:
      sighten-warehouse export xlsx marts.xlsx
      sighten-warehouse export dbt sighten_dbt/
      sighten-warehouse export superset sighten.zip
    """


for command in (export_dbt, export_superset, export_metabase, export_evidence, export_xlsx):
    export.add_command(command)
