"""`sighten-warehouse simulate`: a simulated Sighten, its API and the webhooks it sends."""

from typing import TYPE_CHECKING

import click

from sighten_warehouse.cli.main import SOMETHING_TO_LOOK_AT

if TYPE_CHECKING:
    from sighten_warehouse.settings import Settings
    from sighten_warehouse.simulator.plan import Delivery
    from sighten_warehouse.simulator.proof import Prove
    from sighten_warehouse.simulator.sender import DeliveryCounts

milestones_option = click.option(
    "--milestones", type=click.IntRange(min=0), default=300, show_default=True, help="How many milestones live."
)
seed_option = click.option(
    "--seed", type=int, default=1, show_default=True, help="The same seed gives the same lives and the same bytes."
)
share = click.FloatRange(0, 1)


@click.group()
def simulate() -> None:
    """A simulated Sighten: its API, and the webhooks it sends.

    \b
    Example:
      sighten-warehouse simulate serve --port 8089
      sighten-warehouse simulate deliver --to http://127.0.0.1:8088/webhooks/sighten
    """


@simulate.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8089, show_default=True, help="0 takes a free one.")
@seed_option
@milestones_option
@click.option("--token", help="The only token it takes; without this, any.")
@click.option("--fault-429", "too_many", type=share, default=0.0, help="Share of requests answered with 429.")
@click.option("--fault-500", "server_error", type=share, default=0.0, help="Share of requests answered with 500.")
@click.option("--fault-slow", "slow", type=share, default=0.0, help="Share of requests answered late.")
@click.option(
    "--slow-seconds", "slow_s", type=click.FloatRange(min=0), default=2.0, show_default=True, help="How late."
)
def serve(port: int, seed: int, milestones: int, token: str | None, **faults: float) -> None:
    """Serve the API on 127.0.0.1 until Ctrl-C.

    \b
    Example:
      sighten-warehouse simulate serve --port 8089 --fault-429 0.1
    """
    from sighten_warehouse.simulator.api import build_api
    from sighten_warehouse.simulator.faults import Faults
    from sighten_warehouse.simulator.lives import lives
    from sighten_warehouse.simulator.serve import listen, serve_until_signalled

    try:
        listener, faulty = listen(port), Faults(**faults)
    except OSError as error:
        raise click.BadParameter(
            f"{port} on 127.0.0.1: {error.strerror}; choose another", param_hint="--port"
        ) from None
    except ValueError as error:
        raise click.UsageError(str(error)) from None

    def say(address: str) -> None:
        click.echo(f"Simulated Sighten at {address} ({milestones} milestones, seed {seed})")

    app = build_api(lives(seed, milestones), token=token, faults=faulty)
    serve_until_signalled(app, listener=listener, on_listening=say)


@simulate.command("deliver")
@click.option(
    "--to", default="http://127.0.0.1:8088/webhooks/sighten", show_default=True, help="Where the webhooks are received."
)
@seed_option
@milestones_option
@click.option(
    "--sample/--no-sample", default=True, show_default=True, help="The vendor's sample first, in two dialects."
)
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Deliveries a second; without this, all it can."
)
@click.option("--drop", type=share, default=0.0, show_default=True, help="Share of snapshots that never arrive.")
@click.option(
    "--auth",
    type=click.Choice(["none", "header", "basic", "hmac", "standard"]),
    help="How to prove who sends; without this as SIGHTEN_WEBHOOK_AUTH and its settings say, like the receiver.",
)
@click.option(
    "--secret", help="The secret; better left in SIGHTEN_WEBHOOK_SECRET, since others can see a command line."
)
def deliver_webhooks(
    to: str,
    seed: int,
    milestones: int,
    *,
    sample: bool,
    rate: float | None,
    drop: float,
    auth: str | None,
    secret: str | None,
) -> None:
    """Send webhooks: shuffled, some twice, some late, in several dialects.

    Ends with one line of counts; with exit code 1 when any delivery was not acknowledged. It proves who it is by the
    same settings as the receiver: SIGHTEN_WEBHOOK_SECRET (of several the first), _HEADER, _ENCODING and _PREFIX.

    \b
    Example:
      sighten-warehouse simulate deliver --to http://127.0.0.1:8088/webhooks/sighten --milestones 300 --seed 1
    """
    from sighten_warehouse.simulator.lives import lives
    from sighten_warehouse.simulator.plan import plan_lives, plan_sample
    from sighten_warehouse.simulator.proof import proof

    if not to.startswith(("http://", "https://")):
        raise click.BadParameter(f"{to!r}: expected an address that begins with http:// or https://", param_hint="--to")
    parts = [[delivery] for delivery in plan_sample()] if sample else []
    parts.append(plan_lives(lives(seed, milestones), dropped_share=drop))
    counts = _deliver_in_turn(parts, to=to, rate=rate, prove=proof(_webhook_settings(auth, secret)))
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


def _deliver_in_turn(parts: "list[list[Delivery]]", *, to: str, rate: float | None, prove: "Prove") -> "DeliveryCounts":
    """Each part when the one before is through, so that the sample arrives first, and in its own bytes."""
    from rich.console import Console
    from rich.progress import Progress

    from sighten_warehouse.simulator.sender import DeliveryCounts, deliver

    console = Console(stderr=True)
    counts = DeliveryCounts()
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        bar = progress.add_task("delivering", total=sum(map(len, parts)))
        for part in parts:
            counts += deliver(part, to=to, rate=rate, prove=prove, on_done=lambda _: progress.advance(bar))
    return counts
