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
    simulated,
    unknown_options,
)
from sighten_warehouse.errors import requires_extra

if TYPE_CHECKING:
    from sighten_simulator.api.app import SimulatorOptions
    from sighten_simulator.world.lives import Simulation
    from sighten_simulator.world.world import Account


@click.command()
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8089, show_default=True, help="Port to serve on, 0 for a free one."
)
@lives_options
@click.option("--token", help="A token that sees everything; without any, every token does.")
@click.option(
    "--user",
    "users",
    type=(str, str),
    multiple=True,
    metavar="TOKEN ORGANIZATION",
    help="A token that sees only this organization (name or id); repeatable.",
)
@click.option(
    "--now",
    type=click.DateTime(MOMENT_FORMATS),
    callback=moment,
    help="Simulated time, in UTC; by default the end of all lives. The page and /simulator/time change it.",
)
@fault_options
@document_options
@unknown_options
def serve(  # noqa: PLR0917  (click passes by name)
    port: int,
    seed: int,
    milestones: int,
    ends: datetime | None,
    lives_until: datetime | None,
    token: str | None,
    users: Sequence[tuple[str, str]],
    now: datetime | None,
    **switches: Any,
) -> None:
    """Serve a simulated API on 127.0.0.1 until Ctrl-C.

    The page at / shows the requests received; /simulator/journal has them as JSON. Redirected documents are served
    without credentials on another free port.

    \b
    Example:
      sighten-warehouse simulate serve --port 8089 --fault-429 0.1 --trouble truncated 0.2
    """
    with requires_extra("simulator", by="simulate serve"):
        from sighten_simulator.running import run_simulator
        from sighten_warehouse.http_server import listen_on_loopback

    simulation = simulated(seed, milestones, ends, lives_until)
    try:
        options = _simulator_options(_accounts(simulation, token, users), now, switches)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    try:
        listener = listen_on_loopback(port)
    except OSError as error:
        raise click.BadParameter(
            f"{port} on 127.0.0.1: {error.strerror}; choose another", param_hint="--port"
        ) from None

    def announce(address: str) -> None:
        click.echo(f"Simulated Sighten at {address} ({milestones} milestones, seed {seed})")

    run_simulator(simulation, options, listener=listener, on_listening=announce)


def _accounts(simulation: "Simulation", token: str | None, users: Sequence[tuple[str, str]]) -> "list[Account]":
    """The accounts of --token and --user; raises ValueError if an organization is unknown."""
    from sighten_simulator.world.world import Account

    ids = {organization.name: organization.organization_id for organization in simulation.organizations}
    unknown = [organization for _, organization in users if organization not in {*ids, *ids.values()}]
    if unknown:
        raise ValueError(f"organization {unknown[0]!r}: expected one of {', '.join(ids)}, or an id")
    accounts = [Account(user, frozenset({ids.get(organization, organization)})) for user, organization in users]
    return [*accounts, Account(token)] if token is not None else accounts


def _simulator_options(accounts: "list[Account]", now: datetime | None, switches: dict[str, Any]) -> "SimulatorOptions":
    """How the simulated API behaves; raises ValueError if shares add up to more than 1."""
    from sighten_simulator.api.app import SimulatorOptions
    from sighten_simulator.api.faults import Faults
    from sighten_simulator.api.variants import ApiVariants
    from sighten_simulator.documents.options import DocumentOptions

    switches |= {"troubles": dict(switches["troubles"]), "refused": frozenset(switches["refused"])}

    def of(target: type) -> dict[str, Any]:
        return {field.name: switches[field.name] for field in fields(target) if field.name in switches}

    faults, documents, variants = (
        Faults(**of(Faults)),
        DocumentOptions(**of(DocumentOptions)),
        ApiVariants(**of(ApiVariants)),
    )
    return SimulatorOptions(accounts, faults, documents, variants, now)
