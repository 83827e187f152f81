"""The whole simulated Sighten on loopback: the API on one port, the storage host on another."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sighten_simulator.api.app import Conduct, build_sighten
from sighten_simulator.api.journal import Journal
from sighten_simulator.serve import serve_until_signalled, served_together
from sighten_simulator.world.lives import Simulation
from sighten_simulator.world.world import World
from sighten_warehouse.http_server import address_of, listen_on_loopback


@dataclass(frozen=True)
class Running:
    """Where it answers, what it was asked, and its present."""

    url: str
    storage_url: str
    journal: Journal
    world: World


@contextmanager
def running(simulation: Simulation, conduct: Conduct | None = None) -> Iterator[Running]:
    """Serve both on free ports, by threads, as long as the context lasts."""
    with listen_on_loopback(0) as api, listen_on_loopback(0) as storage:
        url, storage_url = address_of(api), address_of(storage)
        sighten = build_sighten(simulation, conduct or Conduct(), storage_url=storage_url)
        with served_together((sighten.api, api), (sighten.storage, storage)):
            yield Running(url, storage_url, sighten.journal, sighten.world)


def run_until_signalled(
    simulation: Simulation, conduct: Conduct, *, listener: socket.socket, on_listening: Callable[[str], None]
) -> None:
    """Serve the API on that listener and the storage host on a free port until SIGINT or SIGTERM comes."""
    with listen_on_loopback(0) as storage:
        sighten = build_sighten(simulation, conduct, storage_url=address_of(storage))
        with served_together((sighten.storage, storage)):
            serve_until_signalled(sighten.api, listener=listener, on_listening=on_listening)
