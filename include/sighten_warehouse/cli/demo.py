"""`sighten-warehouse demo`."""

import sys

import click
from msgspec.structs import replace

from sighten_warehouse.errors import requires_extra
from sighten_warehouse.settings import Settings, read_settings


@click.command()
@click.option(
    "--milestones", type=click.IntRange(min=1), default=100, show_default=True, help="Number of milestones to simulate."
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same bytes.")
def demo(*, milestones: int, seed: int) -> None:
    """Try all steps without Airflow, on simulated webhooks.

    Delivers webhooks over HTTP to a receiver, loads and publishes them in SIGHTEN_HOME, and prints the tables. Refuses
    to run where SIGHTEN_API_URL is set.

    \b
    Example:
      SIGHTEN_HOME=/tmp/sighten-demo sighten-warehouse demo
    """
    from rich.console import Console

    from sighten_warehouse.catalogs import export_and_register
    from sighten_warehouse.load.step import load
    from sighten_warehouse.publish.step import publish
    from sighten_warehouse.report.summary import render, summarise

    settings = read_settings()
    if settings.api_url is not None:
        raise click.UsageError(
            "SIGHTEN_API_URL is set: expected a home without a real Sighten, because demo simulates one"
        )
    _deliver(settings, milestones=milestones, seed=seed)
    result = load(settings)
    publish(settings)
    export_and_register(settings, at_once=True)
    Console().print(render(summarise(settings)))
    if result.quarantined:
        click.echo(
            f"{result.quarantined} deliveries are in quarantine: see `sighten-warehouse quarantine list`", err=True
        )
        sys.exit(1)


def _deliver(settings: Settings, *, milestones: int, seed: int) -> None:
    """Send the webhooks over HTTP to a receiver on a free port."""
    from threading import Thread

    from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
    from sighten_simulator.webhooks.signing import build_auth_headers
    from sighten_simulator.world.lives import build_simulation
    from sighten_warehouse.receiver.auth.schemes import signing_key

    with requires_extra("simulator", by="demo"):
        from sighten_simulator.webhooks.sender import deliver
        from sighten_warehouse.receiver.server import ReceiverServer

    server = ReceiverServer(replace(settings, receiver_host="127.0.0.1", receiver_port=0))
    url, auth_headers = server.url, build_auth_headers(settings, standard_key=signing_key(settings))
    serving = Thread(target=server.run)
    serving.start()
    try:
        for delivery in plan_sample():
            deliver([delivery], to=url, auth_headers=auth_headers)
        counts = deliver(
            plan_deliveries(build_simulation(seed, milestones), PlanOptions(tasks=True)),
            to=url,
            auth_headers=auth_headers,
        )
    finally:
        server.stop()
        serving.join()
    click.echo(f"delivered {counts.delivered} webhooks of {milestones} milestones to {url}")
