"""Cost of many small loads: time and memory of publish, pending and status as the number of commits grows.

Run it with `.venv/bin/python benchmarks/small_loads.py` (some minutes; `--help` for its options). It loads three
deliveries of the simulated Sighten at a time, and measures after a quarter of the loads and after all, each in its own
process. A sweep every five minutes makes at most 105,120 loads a year.
"""

import argparse
import resource
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from time import process_time

import structlog

from sighten_simulator.webhooks.delivery_plan import plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.lake.manifest import commits
from sighten_warehouse.landing.files import write_landing_file
from sighten_warehouse.landing.ids import new_landing_id
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.load.step import load, pending
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.step import publish
from sighten_warehouse.settings import Settings, read_settings

DELIVERIES_PER_LOAD = 3


def load_often(settings: Settings, times: int) -> None:
    """Load that many times, a new landing file each time."""
    bodies = cycle(delivery.body for delivery in plan_deliveries(build_simulation(len(commits(settings.layout)), 300)))
    for _ in range(times):
        now = datetime.now(UTC)
        taken = islice(bodies, DELIVERIES_PER_LOAD)
        lines = [landing_line(body, landing_id=new_landing_id(), received_at=now) for body in taken]
        write_landing_file(settings.layout.landing, lines, received_at=now)
        load(settings)


def timed(step: Callable[[Settings], object], settings: Settings) -> float:
    """Processor time of the step, in seconds."""
    started = process_time()
    step(settings)
    return process_time() - started


def measure_loads(home: str, times: int) -> None:
    """Load that many times and print the time of a load; call it in its own process."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    settings = read_settings({"SIGHTEN_HOME": home})
    each = timed(lambda settings: load_often(settings, times), settings) / times
    print(f"{len(commits(settings.layout)):7,} loads: {each * 1000:.0f} ms for each of the last {times:,}", flush=True)


def measure_steps(home: str) -> None:
    """Run pending, publish and status, and print time and peak memory; call it in its own process."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    settings = read_settings({"SIGHTEN_HOME": home})
    seconds_by_step = {step.__name__: timed(step, settings) for step in (pending, publish, read_status)}
    times = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in seconds_by_step.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{'':15} {times}, peak {peak:,} MiB", flush=True)


def main() -> None:
    """Measure after a quarter of the loads, and after all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=400)
    parser.add_argument("--folder", type=Path, help="folder for the home (default: TMPDIR)")
    options = parser.parse_args()
    quarter = options.loads // 4
    with tempfile.TemporaryDirectory(dir=options.folder) as home:
        for times in (quarter, options.loads - quarter):
            for step, arguments in ((measure_loads, (home, times)), (measure_steps, (home,))):
                process = get_context("spawn").Process(target=step, args=arguments)
                process.start()
                process.join()


if __name__ == "__main__":
    main()
