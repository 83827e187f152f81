"""A home of many loads of one delivery each, before and after it is compacted."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from time import perf_counter

import structlog

from benchmarks.figures import Figure
from benchmarks.homes import PLAIN, Home
from benchmarks.measure import Measured, median
from benchmarks.payloads import lines, write_payloads
from sighten_warehouse.lake.folder import resolve_lake
from sighten_warehouse.load.step import load, pending

TARGET_LOADS = 50_000
STEPS = ("publish", "status")


def measure(folder: Path, *, loads: int, rounds: int) -> list[Figure]:
    """Load the deliveries one by one, run the steps as the lake is then, compact it, and run them again."""
    payloads, new = write_payloads(folder, count=loads, new=2 * rounds)
    home, numbers = Home(folder / "many"), count()
    _in_own_process(home, "load_often", payloads, loads)
    piled = _costs(home, new, rounds, numbers)
    compacted = home.run("compact")
    merged = _costs(home, new, rounds, numbers)
    home.run("compact")
    pending_ms = float(_in_own_process(home, "time_pending"))
    after = f"after {loads:,} loads"
    figure = partial(Figure, reduced=loads < TARGET_LOADS)
    return [
        figure("pending_ms", f"finding what is pending {after} and `compact`", pending_ms, "ms", at_most=20),
        figure("files_a_table", f"files a table {after} and `compact`", _most_files(home), "files", at_most=500),
        *(
            figure(f"many_{step}", f"`{step}` {after} over compacted, CPU", ratio, "times", at_most=2)
            for step in STEPS
            for ratio in [piled[step].cpu / merged[step].cpu]
        ),
        Figure("compact_cpu", f"`compact` {after}, CPU", compacted.cpu, "s"),
    ]


def _costs(home: Home, new: Path, rounds: int, numbers: Iterator[int]) -> dict[str, Measured]:
    home.run("publish")
    runs: dict[str, list[Measured]] = {step: [] for step in STEPS}
    for _ in range(rounds):
        home.land(lines(new, next(numbers), 1))
        home.run("load")
        for step, measured in runs.items():
            measured.append(home.run(step))
    return {step: median(measured) for step, measured in runs.items()}


def _most_files(home: Home) -> int:
    folders = (folder for folder in resolve_lake(home.layout).lake.iterdir() if folder.is_dir())
    return max(len(list(folder.glob("*.parquet"))) for folder in folders)


def _in_own_process(home: Home, function: str, *arguments: object) -> str:
    """Call the function below with the home and those arguments; return what it prints."""
    command = [sys.executable, "-m", "benchmarks.many_loads", function, home.folder, *arguments]
    return subprocess.run(map(str, command), env=PLAIN, capture_output=True, text=True, check=True).stdout


def load_often(home: Home, payloads: str, loads: str) -> None:
    """Land and load one delivery at a time."""
    for body in lines(Path(payloads), 0, int(loads)):
        home.land([body])
        load(home.settings)


def time_pending(home: Home) -> None:
    """Print the milliseconds that finding no work takes, in a process that knows nothing yet."""
    began = perf_counter()
    pending(home.settings)
    print((perf_counter() - began) * 1000)


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    {"load_often": load_often, "time_pending": time_pending}[sys.argv[1]](Home(Path(sys.argv[2])), *sys.argv[3:])
