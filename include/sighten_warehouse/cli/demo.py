"""`sighten-warehouse demo`."""

import sys

import click

from sighten_warehouse.settings import Settings, read_settings


@click.command()
@click.option("--milestones", type=click.IntRange(min=1), default=100, show_default=True, help="How many to simulate.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed delivers the same bytes.")
def demo(*, milestones: int, seed: int) -> None:
    """See the product work once, without Airflow: simulated webhooks, received, loaded and published.

    It uses SIGHTEN_HOME as everything else does, and refuses where a real Sighten is configured.

    \b
    Example:
      SIGHTEN_HOME=/tmp/sighten-demo sighten-warehouse demo
    """
    from rich.console import Console

    from sighten_warehouse.load.step import load
    from sighten_warehouse.publish.step import publish
    from sighten_warehouse.report.summary import render, summarise

    settings = read_settings()
    if settings.api_url is not None:
        raise click.UsageError(
            "SIGHTEN_API_URL is set: expected a home without a real Sighten, since demo simulates one"
        )
    _deliver(settings, milestones=milestones, seed=seed)
    result = load(settings)
    publish(settings)
    Console().print(render(summarise(settings)))
    if result.quarantined:
        click.echo(
            f"{result.quarantined} deliveries are in quarantine: see `sighten-warehouse quarantine list`", err=True
        )
        sys.exit(1)


def _deliver(settings: Settings, *, milestones: int, seed: int) -> None:
    """Over real HTTP, to a receiver on a port that is free."""
    from threading import Thread

    from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
    from sighten_simulator.webhooks.sender import deliver
    from sighten_simulator.webhooks.signing import build_auth_headers
    from sighten_simulator.world.lives import build_simulation
    from sighten_warehouse.receiver.auth.schemes import signing_key
    from sighten_warehouse.receiver.server import ReceiverServer

    server = ReceiverServer(settings.model_copy(update={"receiver_host": "127.0.0.1", "receiver_port": 0}))
    url, auth_headers = server.url, build_auth_headers(settings, standard_key=signing_key(settings))
    serving = Thread(target=server.run)
    serving.start()
    try:
        for part in ([one] for one in plan_sample()):
            deliver(part, to=url, auth_headers=auth_headers)
        plan = plan_deliveries(build_simulation(seed, milestones), PlanOptions(tasks=True))
        counts = deliver(plan, to=url, auth_headers=auth_headers)
    finally:
        server.stop()
        serving.join()
    click.echo(f"delivered {counts.delivered} webhooks of {milestones} milestones to {url}")
