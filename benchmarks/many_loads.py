"""A home of many loads of one delivery each, against the same deliveries in one load."""

import json
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import structlog

from benchmarks.figures import Figure
from benchmarks.homes import PLAIN, Home
from benchmarks.measure import Measured, median
from benchmarks.payloads import lines, write_payloads
from sighten_warehouse.load.step import load, pending

TARGET_LOADS = 50_000


def measure(folder: Path, *, loads: int, rounds: int) -> list[Figure]:
    """Load both homes, and run `publish` and `status` on both, alternating."""
    payloads, new = write_payloads(folder, count=loads, new=rounds)
    homes = {"many": Home(folder / "many"), "one": Home(folder / "one")}
    homes["one"].land(lines(payloads, 0, loads))
    homes["one"].run("load")
    (pending_ms,) = _in_own_process(homes["many"], payloads, loads)
    costs = {name: _costs(home, new, rounds) for name, home in homes.items()}
    ratios = {step: costs["many"][step].cpu / costs["one"][step].cpu for step in costs["one"]}
    reduced = loads < TARGET_LOADS
    return [
        Figure(
            "pending_ms",
            f"finding what is pending after {loads:,} loads",
            pending_ms,
            "ms",
            at_most=20,
            reduced=reduced,
        ),
        *(
            Figure(
                f"many_{step}",
                f"`{step}` after {loads:,} loads over one load, CPU",
                ratio,
                "times",
                at_most=2,
                reduced=reduced,
            )
            for step, ratio in ratios.items()
        ),
    ]


def _costs(home: Home, new: Path, rounds: int) -> dict[str, Measured]:
    home.run("publish")
    runs: dict[str, list[Measured]] = {"publish": [], "status": []}
    for number in range(rounds):
        home.land(lines(new, number, 1))
        home.run("load")
        for step, measured in runs.items():
            measured.append(home.run(step))
    return {step: median(measured) for step, measured in runs.items()}


def _in_own_process(home: Home, payloads: Path, loads: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.many_loads", str(home.folder), str(payloads), str(loads)]
    done = subprocess.run(command, env=PLAIN, capture_output=True, check=True)
    return list(json.loads(done.stdout))


def load_often(home: Home, payloads: Path, loads: int) -> float:
    """Land and load one delivery at a time; return the milliseconds that finding no more work takes."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    for body in lines(payloads, 0, loads):
        home.land([body])
        load(home.settings)
    began = perf_counter()
    pending(home.settings)
    return (perf_counter() - began) * 1000


if __name__ == "__main__":
    print(json.dumps([load_often(Home(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3]))]))
