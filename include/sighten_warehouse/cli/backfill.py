"""`sighten-warehouse backfill …`: the group of its commands."""

import click

from sighten_warehouse.cli.backfill_api import api, plan, retry, status
from sighten_warehouse.cli.backfill_files import files


@click.group()
def backfill() -> None:
    """Bring in milestones from before the webhook was switched on.

    \b
    Examples:
      sighten-warehouse backfill files dump.zip --dry-run
      sighten-warehouse backfill api --from 2018-01-01 --to 2018-12-31
    """


for command in (files, api, plan, status, retry):
    backfill.add_command(command)
