"""`sighten-warehouse simulate deliver`."""

from typing import TYPE_CHECKING, Any

import click

from sighten_warehouse.cli.main import SOMETHING_TO_LOOK_AT
from sighten_warehouse.cli.simulate_options import MOMENT_FORMATS, SHARE, lives_options, moment

if TYPE_CHECKING:
    from sighten_simulator.webhooks.delivery_plan import PlannedDelivery
    from sighten_simulator.webhooks.sender import DeliveryCounts
    from sighten_warehouse.settings import Settings


@click.command()
@click.option(
    "--to", default="http://127.0.0.1:8088/webhooks/sighten", show_default=True, help="Where the webhooks are received."
)
@lives_options
@click.option(
    "--sample/--no-sample", default=True, show_default=True, help="The vendor's sample first, in two dialects."
)
@click.option(
    "--tasks/--no-tasks", default=True, show_default=True, help="Task-shaped bodies too, change orders among them."
)
@click.option(
    "--others", type=SHARE, default=0.0, show_default=True, help="Share of bodies of kinds that are not loaded."
)
@click.option(
    "--disagreeing", type=SHARE, default=0.0, show_default=True, help="Share of change orders the API knows nothing of."
)
@click.option("--drop", "dropped", type=SHARE, default=0.0, show_default=True, help="Share that never arrives.")
@click.option("--duplicates", type=SHARE, default=0.08, show_default=True, help="Share that arrives twice.")
@click.option("--late", type=SHARE, default=0.12, show_default=True, help="Share that arrives after the next one.")
@click.option(
    "--shuffle/--no-shuffle",
    "shuffled",
    default=True,
    show_default=True,
    help="In any order, or in that of their times.",
)
@click.option(
    "--since", type=click.DateTime(MOMENT_FORMATS), callback=moment, help="When the webhook was switched on, in UTC."
)
@click.option(
    "--until", type=click.DateTime(MOMENT_FORMATS), callback=moment, help="What is later has not happened yet."
)
@click.option("--method", type=click.Choice(["POST", "PUT", "PATCH"]), default="POST", show_default=True)
@click.option(
    "--content", "written_as", type=click.Choice(["json", "xml", "form"]), default="json", show_default=True,
    help="What the bodies are written as; the sample stays as it is.",
)  # fmt: skip
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Deliveries a second; without this, all it can."
)
@click.option(
    "--retries", type=click.IntRange(min=0), default=6, show_default=True, help="How often one is tried again."
)
@click.option(
    "--auth",
    type=click.Choice(["none", "header", "basic", "hmac", "standard"]),
    help="How to prove who sends; without this as SIGHTEN_WEBHOOK_AUTH and its settings say, like the receiver.",
)
@click.option(
    "--secret", help="The secret; better left in SIGHTEN_WEBHOOK_SECRET, since others can see a command line."
)
def deliver(  # noqa: PLR0917  (click passes by name)
    to: str, seed: int, milestones: int, rate: float | None, retries: int, method: Any, auth: str | None,
    secret: str | None, *, sample: bool, **mixture: Any,
) -> None:  # fmt: skip
    """Send webhooks: shuffled, some twice, some late, in several dialects.

    Ends with one line of counts; with exit code 1 when any delivery was not acknowledged. It proves who it is by the
    same settings as the receiver: SIGHTEN_WEBHOOK_SECRET (of several the first), _HEADER, _ENCODING and _PREFIX.

    \b
    Example:
      sighten-warehouse simulate deliver --to http://127.0.0.1:8088/webhooks/sighten --milestones 300 --seed 1
    """
    from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
    from sighten_simulator.webhooks.signing import build_auth_headers
    from sighten_simulator.world.lives import build_simulation
    from sighten_warehouse.receiver.auth.schemes import signing_key

    if not to.startswith(("http://", "https://")):
        raise click.BadParameter(f"{to!r}: expected an address that begins with http:// or https://", param_hint="--to")
    parts = [[delivery] for delivery in plan_sample()] if sample else []
    parts.append(plan_deliveries(build_simulation(seed, milestones), PlanOptions(**mixture)))
    settings = _webhook_settings(auth, secret)
    auth_headers = build_auth_headers(settings, standard_key=signing_key(settings))
    counts = _deliver_in_turn(parts, to=to, rate=rate, retries=retries, method=method, auth_headers=auth_headers)
    duplicates, late = counts.acknowledged.get("duplicate", 0), counts.acknowledged.get("late", 0)
    click.echo(f"delivered {counts.delivered}, duplicates {duplicates}, late {late}, refused {counts.refused}")
    if counts.refused:
        reasons = ", ".join(f"{number} x {reason}" for reason, number in counts.refusals.items())
        click.echo(f"not acknowledged: {reasons}", err=True)
        raise click.exceptions.Exit(SOMETHING_TO_LOOK_AT)


def _webhook_settings(auth: str | None, secret: str | None) -> "Settings":
    """Those of the environment, except for what the options say."""
    import os

    from sighten_warehouse.settings import read_settings

    given = {"SIGHTEN_WEBHOOK_SECRET": secret, "SIGHTEN_WEBHOOK_AUTH": auth}
    if auth == "standard":
        given |= {"SIGHTEN_WEBHOOK_AUTH": "hmac", "SIGHTEN_WEBHOOK_HEADER": "webhook-signature"}
    return read_settings({**os.environ, **{name: value for name, value in given.items() if value is not None}})


def _deliver_in_turn(parts: "list[list[PlannedDelivery]]", **how: Any) -> "DeliveryCounts":
    """Each part when the one before is through, so that the sample arrives first, and in its own bytes."""
    from rich.console import Console
    from rich.progress import Progress

    from sighten_simulator.webhooks.sender import DeliveryCounts, deliver

    console = Console(stderr=True)
    counts = DeliveryCounts()
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("delivering", total=sum(map(len, parts)))
        for part in parts:
            counts += deliver(part, on_done=lambda _: progress.advance(bar), **how)
    return counts
