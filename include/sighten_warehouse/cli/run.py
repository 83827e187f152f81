"""`sighten-warehouse run`."""

import signal
import sys
from threading import Event

import click

from sighten_warehouse.settings import Settings, read_settings

POLL_SECONDS = 2.0


@click.command()
@click.option("--follow", is_flag=True, help="Keep going: load and publish whatever lands, until stopped.")
def run(*, follow: bool) -> None:
    """Do all steps once: load what has landed, then publish it.

    \b
    Examples:
      sighten-warehouse run
      sighten-warehouse run --follow
    """
    settings = read_settings()
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM) if follow else ():
        signal.signal(number, lambda *_: stop.set())
    quarantined = _all_steps(settings)
    while follow and not stop.wait(POLL_SECONDS):
        quarantined += _all_steps(settings)
    if quarantined:
        click.echo(f"{quarantined} deliveries are in quarantine: see `sighten-warehouse quarantine list`", err=True)
        sys.exit(1)


def _all_steps(settings: Settings) -> int:
    from sighten_warehouse.load import load
    from sighten_warehouse.publish import is_current, publish

    result = load(settings)
    if not is_current(settings):
        version = publish(settings)
        click.echo(f"loaded {result.landed} deliveries, published {version.version}")
    return result.quarantined
