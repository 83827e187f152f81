"""`sighten-warehouse simulate deliver`."""

from typing import TYPE_CHECKING, Any

import click

from sighten_warehouse.cli.main import NEEDS_ATTENTION
from sighten_warehouse.cli.simulate_options import MOMENT_FORMATS, SHARE, lives_options, moment, simulated
from sighten_warehouse.errors import requires_extra

if TYPE_CHECKING:
    from sighten_simulator.webhooks.delivery_plan import PlannedDelivery
    from sighten_simulator.webhooks.sender import DeliveryCounts
    from sighten_warehouse.settings import Settings


@click.command()
@click.option("--to", default="http://127.0.0.1:8088/webhooks/sighten", show_default=True, help="URL of the receiver.")
@lives_options
@click.option(
    "--sample/--no-sample", default=True, show_default=True, help="Send the vendor's sample first, in two dialects."
)
@click.option(
    "--tasks/--no-tasks", default=True, show_default=True, help="Also send task-shaped bodies, including change orders."
)
@click.option(
    "--others",
    type=SHARE,
    default=0.0,
    show_default=True,
    help="Share of snapshots with an extra body of a kind that is not loaded.",
)
@click.option(
    "--disagreeing",
    type=SHARE,
    default=0.0,
    show_default=True,
    help="Share of change orders that name another quote than the API.",
)
@click.option(
    "--drop", "dropped", type=SHARE, default=0.0, show_default=True, help="Share of webhooks that never arrive."
)
@click.option("--duplicates", type=SHARE, default=0.08, show_default=True, help="Share of webhooks that arrive twice.")
@click.option(
    "--late", type=SHARE, default=0.12, show_default=True, help="Share of webhooks that arrive after the next one."
)
@click.option(
    "--shuffle/--no-shuffle",
    "shuffled",
    default=True,
    show_default=True,
    help="Send in random order, or in order of time.",
)
@click.option(
    "--since", type=click.DateTime(MOMENT_FORMATS), callback=moment, help="Send no snapshot before this time, in UTC."
)
@click.option(
    "--until", type=click.DateTime(MOMENT_FORMATS), callback=moment, help="Send no snapshot after this time, in UTC."
)
@click.option(
    "--method", type=click.Choice(["POST", "PUT", "PATCH"]), default="POST", show_default=True,
    help="HTTP method.",
)  # fmt: skip
@click.option(
    "--content", "written_as", type=click.Choice(["json", "xml", "form"]), default="json", show_default=True,
    help="Format of the bodies; the sample is sent unchanged.",
)  # fmt: skip
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Deliveries a second; as fast as possible by default."
)
@click.option("--retries", type=click.IntRange(min=0), default=6, show_default=True, help="Retries of each delivery.")
@click.option(
    "--auth",
    type=click.Choice(["none", "header", "basic", "hmac", "standard"]),
    help="How to authenticate; by default as the receiver expects, by SIGHTEN_WEBHOOK_AUTH.",
)
@click.option("--secret", help="The secret. Prefer SIGHTEN_WEBHOOK_SECRET: other users can see command lines.")
def deliver(  # noqa: PLR0917  (click passes by name)
    to: str, seed: int, milestones: int, ends: Any, lives_until: Any, rate: float | None, retries: int, method: Any,
    auth: str | None, secret: str | None, *, sample: bool, **mixture: Any,
) -> None:  # fmt: skip
    """Send simulated webhooks to a receiver.

    They arrive shuffled, some twice, some late, in several dialects. Prints one line of counts; exits with 1 if any
    delivery was not acknowledged. Authenticates with the receiver's settings: SIGHTEN_WEBHOOK_SECRET (the first one),
    _HEADER, _ENCODING and _PREFIX.

    \b
    Example:
      sighten-warehouse simulate deliver --to http://127.0.0.1:8088/webhooks/sighten --milestones 300 --seed 1
    """
    from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries, plan_sample
    from sighten_simulator.webhooks.signing import build_auth_headers
    from sighten_warehouse.receiver.auth.schemes import signing_key

    if not to.startswith(("http://", "https://")):
        raise click.BadParameter(f"{to!r}: expected a URL that begins with http:// or https://", param_hint="--to")
    parts = [[delivery] for delivery in plan_sample()] if sample else []
    parts.append(plan_deliveries(simulated(seed, milestones, ends, lives_until), PlanOptions(**mixture)))
    settings = _webhook_settings(auth, secret)
    auth_headers = build_auth_headers(settings, standard_key=signing_key(settings))
    counts = _deliver_in_turn(parts, to=to, rate=rate, retries=retries, method=method, auth_headers=auth_headers)
    duplicates, late = counts.acknowledged.get("duplicate", 0), counts.acknowledged.get("late", 0)
    click.echo(f"delivered {counts.delivered}, duplicates {duplicates}, late {late}, refused {counts.refused}")
    if counts.refused:
        reasons = ", ".join(f"{number} x {reason}" for reason, number in counts.refusals.items())
        click.echo(f"not acknowledged: {reasons}", err=True)
        raise click.exceptions.Exit(NEEDS_ATTENTION)


def _webhook_settings(auth: str | None, secret: str | None) -> "Settings":
    """The settings of the environment, overridden by the options."""
    from sighten_warehouse.settings import read_settings

    options = {"SIGHTEN_WEBHOOK_SECRET": secret, "SIGHTEN_WEBHOOK_AUTH": auth}
    if secret is not None:
        options["SIGHTEN_WEBHOOK_SECRET_FILE"] = ""
    if auth == "standard":
        options |= {"SIGHTEN_WEBHOOK_AUTH": "hmac", "SIGHTEN_WEBHOOK_HEADER": "webhook-signature"}
    return read_settings(
        for_receiver=True, instead={name: value for name, value in options.items() if value is not None}
    )


def _deliver_in_turn(parts: "list[list[PlannedDelivery]]", **options: Any) -> "DeliveryCounts":
    """Deliver each part after the one before, so that the sample arrives first and in its own bytes."""
    from rich.console import Console
    from rich.progress import Progress

    with requires_extra("simulator", by="simulate deliver"):
        from sighten_simulator.webhooks.sender import DeliveryCounts, deliver

    console = Console(stderr=True)
    counts = DeliveryCounts()
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("delivering", total=sum(map(len, parts)))
        for part in parts:
            counts += deliver(part, on_done=lambda _: progress.advance(bar), **options)
    return counts
