"""`sighten-warehouse watch`."""

import os
import sys

import click

from sighten_warehouse.cli.home import require_home
from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.escaping import printable_lines


@click.command()
def watch() -> None:
    """Look for problems; send each to SIGHTEN_ALERTS once.

    Run it every few minutes. A problem is sent once, and once more when it is over. `status` shows the same problems.
    What could not be sent is tried again by the next check. Exits with 1 if that is so, or if there is a problem and
    SIGHTEN_ALERTS is not set. Where there are tenants and none is chosen, it looks at one after the other.

    \b
    Examples:
      sighten-warehouse watch
      SIGHTEN_ALERTS=https://alerts.example.com/sighten sighten-warehouse watch
    """
    from sighten_warehouse.settings import TENANT, read_tenants

    names = [] if os.environ.get(TENANT) else list(read_tenants())
    fine = [_watch_one_of_many(name) for name in names] if names else [_watch(None)]
    if not all(fine):
        sys.exit(NEEDS_ATTENTION)


def _watch_one_of_many(tenant: str) -> bool:
    """Watch a tenant; what stops it does not stop the others."""
    from sighten_warehouse.errors import WarehouseError

    click.echo(f"tenant {tenant}:")
    try:
        return _watch(tenant)
    except WarehouseError as error:
        click.echo(printable_lines(f"error: {error}"), err=True)
        return False


def _watch(tenant: str | None) -> bool:
    """Watch one home; return whether nothing is left to do about the alerts."""
    from sighten_warehouse.ops.watch import watch as watch_home
    from sighten_warehouse.settings import read_settings

    settings = read_settings(tenant=tenant)
    require_home(settings)
    watched = watch_home(settings)
    for problem in watched.problems:
        for sentence in problem.sentences:
            click.echo(printable_lines(sentence))
    sent = [f"sent {what}: {', '.join(keys)}" for what, keys in watched.told.sent.items() if keys]
    click.echo("; ".join(sent) or "sent nothing")
    for reason in watched.told.unsent.values():
        click.echo(printable_lines(f"error: not sent: {reason}; the next check tries again"), err=True)
    is_unheard = bool(watched.problems) and not settings.alerts
    if is_unheard:
        click.echo("error: SIGHTEN_ALERTS is not set, so nobody was told (docs/monitoring.md#be-alerted)", err=True)
    return not (watched.told.unsent or is_unheard)
