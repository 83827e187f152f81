"""Homes of several sizes: the first load and publish of each, then few new deliveries on each, in turn."""

from collections import defaultdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.figures import Figure
from benchmarks.homes import Home, disk_bytes
from benchmarks.limits import copy_and_sync
from benchmarks.measure import Measured, median
from benchmarks.payloads import lines, write_payloads
from benchmarks.questions import slowest_question

NEW = (1, 1_000)
MOST_CPU = {1: 0.8, 1_000: 2.5}
CPU_100_000, MIB_100_000, MIB_1_000_000 = 35, 1_000, 1_500
ADDED_AT, FULL_AT, GROWTH_AT, QUESTIONS_AT = 20_000, 100_000, 600_000, 1_000_000  # the sizes of the targets
FULL_CPU, FULL_MIB = "first publish, CPU", "first publish, memory"
GROWING = {
    "load_1": "load of 1 new, CPU",
    "publish_1_cpu": "publish of 1 new, CPU",
    "publish_1000_cpu": "publish of 1,000 new, CPU",
}

Runs = dict[tuple[str, int], list[Measured]]


def measure(folder: Path, *, sizes: list[int], rounds: int) -> list[Figure]:
    """Make a home of each size from files of bodies, then add new deliveries to each, alternating."""
    figures: list[Figure] = []
    homes, new_bodies, full = {}, {}, {}
    for size in sizes:
        homes[size] = Home(folder / f"home-{size}")
        payloads, new_bodies[size] = write_payloads(folder, count=size, new=rounds * sum(NEW))
        new_bodies[size] = new_bodies[size].rename(folder / f"new-{size}.ndjson")
        first, full[size] = _first(homes[size], payloads, size)
        payloads.unlink()
        figures += first
    runs: dict[int, Runs] = {size: defaultdict(list) for size in sizes}
    for number in range(rounds):
        for size, home in homes.items():
            _add(home, new_bodies[size], number, runs[size])
    for size, home in homes.items():
        figures += _added(size, runs[size])
        figures += _file(size, home, median(runs[size]["copy", 1]))
    return figures + _growth(figures, sizes, full)


def _first(home: Home, payloads: Path, size: int) -> tuple[list[Figure], Measured]:
    with TemporaryDirectory(dir=home.folder.parent) as folder:
        rate = size / Home(Path(folder)).run("backfill", "files", payloads, "--publish").wall
    home.run("backfill", "files", payloads)
    loaded, published = home.run("load"), home.run("publish")
    is_small = size <= FULL_AT
    figure = partial(Figure, size=size)
    full = partial(figure, reduced=size < FULL_AT)
    figures = [
        figure(
            "backfill_rate", "files to published rows", rate, "a second", at_least=4_000, reduced=size < QUESTIONS_AT
        ),
        figure(
            "load_mib", "first load, largest process", loaded.process_mib, "MiB", at_most=500, reduced=size < ADDED_AT
        ),
        full("full_cpu", FULL_CPU, published.cpu, "s", at_most=CPU_100_000 if is_small else None),
        full("full_mib", FULL_MIB, published.tree_mib, "MiB", at_most=MIB_100_000 if is_small else MIB_1_000_000),
    ]
    return figures, published


def _add(home: Home, new_bodies: Path, number: int, runs: Runs) -> None:
    start = number * sum(NEW)
    for count in NEW:
        home.land(lines(new_bodies, start, count))
        runs["load", count].append(home.run("load"))
        runs["copy", count].append(copy_and_sync(home.layout.warehouse_file))
        runs["publish", count].append(home.run("publish"))
        start += count


def _added(size: int, runs: Runs) -> list[Figure]:
    figure = partial(Figure, size=size, reduced=size < ADDED_AT)
    figures = [figure("load_1", "load of 1 new, CPU", median(runs["load", 1]).cpu, "s", at_most=0.8)]
    for count in NEW:
        published, copied = median(runs["publish", count]), median(runs["copy", count])
        name, cpu, rest = f"publish of {count:,} new", published.cpu - copied.cpu, published.wall - 2 * copied.wall
        figures += [
            figure(f"publish_{count}_cpu", f"{name}, CPU without the copy", cpu, "s", at_most=MOST_CPU[count]),
            figure(f"publish_{count}_wall", f"{name}, wall less 2 copies", rest, "s", at_most=2),
        ]
    return figures


def _file(size: int, home: Home, copied: Measured) -> list[Figure]:
    file = home.layout.warehouse_file.stat().st_size
    figure = partial(Figure, size=size)
    return [
        figure("copy_wall", "limit: copy with fsync, wall", copied.wall, "s"),
        figure("file_mb", "`warehouse.duckdb`", file / 1e6, "MB"),
        figure(
            "disk",
            "`published/` over that file",
            disk_bytes(home.layout.published) / file,
            "times",
            at_most=3,
            reduced=size < ADDED_AT,
        ),
        *(
            figure(f"question_{kind}", f"slowest {kind} question", seconds, "s", at_most=1, reduced=size < QUESTIONS_AT)
            for kind, seconds in slowest_question(home).items()
        ),
    ]


def _growth(figures: list[Figure], sizes: list[int], full: dict[int, Measured]) -> list[Figure]:
    """The largest home against the smallest."""
    small, large = min(sizes), max(sizes)
    if small == large:
        return []
    values = {(figure.key, figure.size): figure.value or 0 for figure in figures}
    figure = partial(Figure, unit="times", reduced=large < GROWTH_AT)
    grown = {key: values[key, large] / values[key, small] for key in GROWING}
    full_cpu = full[large].cpu / large / (full[small].cpu / small)
    return [
        *(
            figure(f"{key}_growth", f"{GROWING[key]}: largest home over smallest", grown[key], at_most=1.3)
            for key in GROWING
        ),
        figure("full_growth", f"{FULL_CPU} a delivery: largest over smallest", full_cpu, at_most=1.15),
    ]
