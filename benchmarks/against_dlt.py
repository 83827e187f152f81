"""Load and publish against dlt, in turn, on the same payloads."""

import shutil
from pathlib import Path

import duckdb

from benchmarks.figures import Figure
from benchmarks.homes import PLAIN, Home
from benchmarks.limits import payload_limits
from benchmarks.measure import Measured, median, run_measured
from benchmarks.payloads import PART, simulated, write_payloads

PIPELINE = Path(__file__).with_name("dlt_pipeline.py")
TARGET_COUNT = 100_000


def measure(folder: Path, *, count: int, rounds: int, dlt_python: Path) -> list[Figure]:
    """Load and publish `count` payloads, and load them with dlt, alternating."""
    payloads, _ = write_payloads(folder, count=count)
    landed = Home(folder / "landed")
    landed.run("backfill", "files", payloads)
    loads, publishes, dlts = [], [], []
    for _ in range(rounds):
        home = landed.copy_to(folder / "ours")
        loads.append(home.run("load"))
        publishes.append(home.run("publish"))
        dlts.append(_run_dlt(payloads, folder / "dlt", count, dlt_python))
    _check(home, folder / "dlt", count)
    load, publish, dlt = median(loads), median(publishes), median(dlts)
    ours = load + publish
    size = f"{count:,} payloads"
    reduced = count < TARGET_COUNT
    return [
        Figure("payload_kb", "size of a payload", payloads.stat().st_size / count / 1000, "kB"),
        Figure(
            "dlt_wall_ratio", f"dlt over load + publish of {size}: wall", dlt.wall / ours.wall, "times",
            at_least=5, reduced=reduced,
        ),
        Figure(
            "dlt_cpu_ratio", "the same: CPU", dlt.cpu / ours.cpu, "times",
            at_least=4, reduced=reduced,
        ),
        Figure("load_ms", "load, CPU a payload", load.cpu * 1000 / count, "ms", at_most=0.3, reduced=reduced),
        Figure("publish_ms", "publish, CPU a payload", publish.cpu * 1000 / count, "ms"),
        Figure("dlt_ms", "dlt, CPU a payload", dlt.cpu * 1000 / count, "ms"),
        *_costs("load + publish", ours),
        *_costs("dlt", dlt),
        _as_sent(Home(folder / "as-sent"), min(count, PART)),
        *payload_limits(home, payloads, count=count),
    ]  # fmt: skip


def _costs(name: str, run: Measured) -> list[Figure]:
    return [
        Figure(f"{name} wall", f"{name}, wall", run.wall, "s"),
        Figure(f"{name} memory", f"{name}, memory of all processes", run.tree_mib, "MiB"),
    ]


def _as_sent(home: Home, count: int) -> Figure:
    """The load of bodies that are not all strict JSON, which dlt cannot read."""
    home.land(simulated(seed=0, count=count, as_sent=True))
    what = "load of the simulator's mixture of dialects, CPU a payload"
    return Figure("load_as_sent_ms", what, home.run("load").cpu * 1000 / count, "ms")


def _run_dlt(payloads: Path, folder: Path, count: int, python: Path) -> Measured:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return run_measured([python, PIPELINE, payloads, folder, str(count)], env=PLAIN)


def _check(home: Home, dlt_folder: Path, count: int) -> None:
    """Both have every payload, or the comparison means nothing."""
    for path, table in (
        (home.layout.warehouse_file, "ops.deliveries"),
        (dlt_folder / "dlt.duckdb", "sighten.milestones"),
    ):
        with duckdb.connect(str(path), read_only=True) as connection:
            (found,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
        if found != count:
            raise RuntimeError(f"{table} in {path}: {found} rows, expected {count}")
