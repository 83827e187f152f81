"""`sighten-warehouse backfill …`: the group; each of its commands is in a module of its own."""

import click

from sighten_warehouse.cli.backfill_files import files


@click.group()
def backfill() -> None:
    """Bring in milestones from before the webhook was switched on.

    \b
    Example:
      sighten-warehouse backfill files dump.zip --dry-run
    """


backfill.add_command(files)
