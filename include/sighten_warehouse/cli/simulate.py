"""`sighten-warehouse simulate …`: the group of its commands."""

import click

from sighten_warehouse.cli.simulate_deliver import deliver
from sighten_warehouse.cli.simulate_serve import serve


@click.group()
def simulate() -> None:
    """Simulate Sighten: serve its API or send its webhooks.

    \b
    Examples:
      sighten-warehouse simulate serve --port 8089
      sighten-warehouse simulate deliver --to http://127.0.0.1:8088/webhooks/sighten
    """


simulate.add_command(serve)
simulate.add_command(deliver)
