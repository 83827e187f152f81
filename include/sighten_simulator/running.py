"""Runs the simulated Sighten on loopback: the API on one port, the storage host on another."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sighten_simulator.api.app import SimulatorOptions, build_sighten
from sighten_simulator.api.journal import Journal
from sighten_simulator.closed_to_pages import ClosedToPages
from sighten_simulator.serve import serve_until_signalled, served_together
from sighten_simulator.world.lives import Simulation
from sighten_simulator.world.world import World
from sighten_warehouse.http_server import address_of, listen_on_loopback


@dataclass(frozen=True)
class RunningSimulator:
    """The addresses, the journal and the world of a simulator that is being served."""

    url: str
    storage_url: str
    journal: Journal
    world: World


@contextmanager
def running_simulator(simulation: Simulation, options: SimulatorOptions | None = None) -> Iterator[RunningSimulator]:
    """Serve both applications on free ports, in threads, until the context ends."""
    with listen_on_loopback(0) as api, listen_on_loopback(0) as storage:
        url, storage_url = address_of(api), address_of(storage)
        sighten = build_sighten(simulation, options or SimulatorOptions(), storage_url=storage_url)
        with served_together((ClosedToPages(sighten.api), api), (ClosedToPages(sighten.storage), storage)):
            yield RunningSimulator(url, storage_url, sighten.journal, sighten.world)


def run_simulator(
    simulation: Simulation, options: SimulatorOptions, *, listener: socket.socket, on_listening: Callable[[str], None]
) -> None:
    """Serve the API on that listener and the storage host on a free port until SIGINT or SIGTERM."""
    with listen_on_loopback(0) as storage:
        sighten = build_sighten(simulation, options, storage_url=address_of(storage))
        with served_together((ClosedToPages(sighten.storage), storage)):
            serve_until_signalled(ClosedToPages(sighten.api), listener=listener, on_listening=on_listening)
