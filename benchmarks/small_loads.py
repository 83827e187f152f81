"""What many small loads cost: time and memory of a publish, and of what looks at all commits, as their number grows.

Run it with `.venv/bin/python benchmarks/small_loads.py` (some minutes; `--help` for its options). It loads three
deliveries of the simulated Sighten at a time, and measures with a quarter of the loads and with all of them, each in a
process of its own. A sweep every five minutes makes at most 105,120 loads a year.
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
    """So many loads, each of a landing file of its own."""
    bodies = cycle(one.body for one in plan_deliveries(build_simulation(len(commits(settings.layout)), 300)))
    for _ in range(times):
        now = datetime.now(UTC)
        taken = islice(bodies, DELIVERIES_PER_LOAD)
        lines = [landing_line(body, landing_id=new_landing_id(), received_at=now) for body in taken]
        write_landing_file(settings.layout.landing, lines, received_at=now)
        load(settings)


def timed(step: Callable[[Settings], object], settings: Settings) -> float:
    """Seconds of processor time, whatever else the machine does."""
    started = process_time()
    step(settings)
    return process_time() - started


def measure(home: str, times: int) -> None:
    """Load so many times and print what it took, to be called in a process of its own."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    settings = read_settings({"SIGHTEN_HOME": home})
    each = timed(lambda settings: load_often(settings, times), settings) / times
    print(f"{len(commits(settings.layout)):7,} loads: {each * 1000:.0f} ms for each of the last {times:,}", flush=True)


def look(home: str) -> None:
    """Publish, look, and print what it took, to be called in a process of its own."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    settings = read_settings({"SIGHTEN_HOME": home})
    took = {step.__name__: timed(step, settings) for step in (pending, publish, read_status)}
    said = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in took.items())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{'':15} {said}, peak {peak:,} MiB", flush=True)


def main() -> None:
    """Measure with a quarter of the loads, and with all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loads", type=int, default=400)
    parser.add_argument("--folder", type=Path, help="where the home shall lie; else where TMPDIR says")
    given = parser.parse_args()
    quarter = given.loads // 4
    with tempfile.TemporaryDirectory(dir=given.folder) as home:
        for times in (quarter, given.loads - quarter):
            for step, arguments in ((measure, (home, times)), (look, (home,))):
                process = get_context("spawn").Process(target=step, args=arguments)
                process.start()
                process.join()


if __name__ == "__main__":
    main()
