"""The simulator's webhooks as strict JSON, one a line: the same bytes for every contestant."""

import math
from collections.abc import Iterator
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import msgspec

from sighten_simulator.webhooks.delivery_plan import plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.payload.repair import parse_text

PART = 5_000  # deliveries of one simulated world, which is built in memory
DELIVERIES_PER_MILESTONE = 2.5  # a little less than the simulator's, so that a part is never short


def write_payloads(folder: Path, *, count: int, new: int = 0) -> tuple[Path, Path]:
    """Write `count` bodies to one file, and `new` later bodies of the same milestones to another; return both."""
    parts = math.ceil(count / PART)
    tasks = [(seed, _share(count, parts, seed), _share(new, parts, seed)) for seed in range(parts)]
    paths = folder / "payloads.ndjson", folder / "new.ndjson"
    # Spawned, since a forked process would inherit the memory and the threads of this one.
    with get_context("spawn").Pool(min(2, parts)) as pool, paths[0].open("wb") as first, paths[1].open("wb") as later:
        for bodies, new_bodies in pool.imap(_part, tasks):
            first.writelines(bodies)
            later.writelines(new_bodies)
    return paths


def lines(path: Path, start: int, count: int) -> Iterator[bytes]:
    """Some bodies of a file."""
    with path.open("rb") as file:
        yield from (line.rstrip(b"\n") for line in islice(file, start, start + count))


def simulated(*, seed: int, count: int, as_sent: bool = False) -> list[bytes]:
    """That many bodies of one simulated world, as strict JSON or in the simulator's mixture of dialects."""
    simulation = build_simulation(seed, math.ceil(count / DELIVERIES_PER_MILESTONE))
    bodies = [delivery.body for delivery in plan_deliveries(simulation)[:count]]
    return bodies if as_sent else [msgspec.json.encode(parse_text(body.decode())[0]) for body in bodies]


def _share(total: int, parts: int, number: int) -> int:
    return total * (number + 1) // parts - total * number // parts


def _part(task: tuple[int, int, int]) -> tuple[list[bytes], list[bytes]]:
    seed, count, new = task
    bodies = [body + b"\n" for body in simulated(seed=seed, count=count + new)]
    return bodies[:count], bodies[count:]
