"""`sighten-warehouse simulate serve`."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from sighten_warehouse.cli.simulate_options import (
    MOMENT_FORMATS,
    document_options,
    fault_options,
    lives_options,
    moment,
    unknown_options,
)

if TYPE_CHECKING:
    from sighten_simulator.api.app import SimulatorOptions
    from sighten_simulator.world.lives import Simulation
    from sighten_simulator.world.world import Account


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8089, show_default=True, help="0 takes a free one.")
@lives_options
@click.option("--token", help="A token whose user sees everything; without any, every token does.")
@click.option(
    "--user",
    "users",
    type=(str, str),
    multiple=True,
    metavar="TOKEN ORGANIZATION",
    help="A token whose user sees that organization only, by its name or id.",
)
@click.option(
    "--now",
    type=click.DateTime(MOMENT_FORMATS),
    callback=moment,
    help="How far the lives have gone, in UTC; without this, to their end. The page and /simulator/time move it.",
)
@fault_options
@document_options
@unknown_options
def serve(  # noqa: PLR0917  (click passes by name)
    port: int,
    seed: int,
    milestones: int,
    token: str | None,
    users: Sequence[tuple[str, str]],
    now: datetime | None,
    **switches: Any,
) -> None:
    """Serve the API on 127.0.0.1 until Ctrl-C.

    Its page at / shows what it was asked; /simulator/journal tells the same as JSON. Documents that are elsewhere are
    on a free port of 127.0.0.1, which takes no credentials.

    \b
    Example:
      sighten-warehouse simulate serve --port 8089 --fault-429 0.1 --trouble truncated 0.2
    """
    from sighten_simulator.running import run_simulator
    from sighten_simulator.world.lives import build_simulation
    from sighten_warehouse.http_server import listen_on_loopback

    simulation = build_simulation(seed, milestones)
    try:
        conduct = _conduct(_accounts(simulation, token, users), now, switches)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        listener = listen_on_loopback(port)
    except OSError as error:
        raise click.BadParameter(
            f"{port} on 127.0.0.1: {error.strerror}; choose another", param_hint="--port"
        ) from None

    def say(address: str) -> None:
        click.echo(f"Simulated Sighten at {address} ({milestones} milestones, seed {seed})")

    run_simulator(simulation, conduct, listener=listener, on_listening=say)


def _accounts(simulation: "Simulation", token: str | None, users: Sequence[tuple[str, str]]) -> "list[Account]":
    """Raises ValueError where an organization is not there."""
    from sighten_simulator.world.world import Account

    ids = {one.name: one.organization_id for one in simulation.organizations}
    unknown = [organization for _, organization in users if organization not in {*ids, *ids.values()}]
    if unknown:
        raise ValueError(f"organization {unknown[0]!r}: expected one of {', '.join(ids)}, or an id")
    accounts = [Account(one, frozenset({ids.get(organization, organization)})) for one, organization in users]
    return [*accounts, Account(token)] if token is not None else accounts


def _conduct(accounts: "list[Account]", now: datetime | None, switches: dict[str, Any]) -> "SimulatorOptions":
    """Raises ValueError where shares add up to more than the whole."""
    from sighten_simulator.api.app import SimulatorOptions
    from sighten_simulator.api.faults import Faults
    from sighten_simulator.api.variants import ApiVariants
    from sighten_simulator.documents.options import DocumentOptions
    from sighten_simulator.world.people import END

    switches |= {"troubles": dict(switches["troubles"]), "refused": frozenset(switches["refused"])}

    def of(made: type) -> dict[str, Any]:
        return {field.name: switches[field.name] for field in fields(made) if field.name in switches}

    faults, documents = Faults(**of(Faults)), DocumentOptions(**of(DocumentOptions))
    return SimulatorOptions(accounts, faults, documents, ApiVariants(**of(ApiVariants)), now or END)
