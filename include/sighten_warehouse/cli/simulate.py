"""`sighten-warehouse simulate`: a simulated Sighten, its API and the webhooks it sends."""

import click

from sighten_warehouse.cli.simulate_deliver import deliver
from sighten_warehouse.cli.simulate_serve import serve


@click.group()
def simulate() -> None:
    """A simulated Sighten: its API, and the webhooks it sends.

    \b
    Example:
      sighten-warehouse simulate serve --port 8089
      sighten-warehouse simulate deliver --to http://127.0.0.1:8088/webhooks/sighten
    """


simulate.add_command(serve)
simulate.add_command(deliver)
