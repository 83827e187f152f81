"""Measure everything and write `docs/performance.md`: `make bench`, or `python -m benchmarks --help`."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks import against_dlt, by_size, latency, many_loads, receiver, small_home, through_airflow
from benchmarks.figures import Figure
from benchmarks.page import render
from benchmarks.plot import draw
from benchmarks.runs import ROOT, new_run, record
from benchmarks.scaling import write_scaling

PARTS = ("against_dlt", "by_size", "small_home", "many_loads", "latency", "live_quotes", "through_airflow", "receiver")
Part = Callable[[Path], list[Figure]]


def main() -> None:
    """Run the parts; write the page if all ran."""
    options = _parse()
    parts = _parts(options)
    chosen = options.only or list(parts)
    figures: list[Figure] = []
    for name in chosen:
        print(f"== {name}", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="bench-") as folder:
            found = parts[name](Path(folder))
        for figure in found:
            size = "" if figure.size is None else f"home of {figure.size:,}: "
            print(f"{size}{figure.what}: {figure.measured} {figure.target} {figure.verdict}".rstrip(), flush=True)
        figures += found
    if options.only:
        print("docs/performance.md is unchanged: only some parts ran", file=sys.stderr)
        return
    runs = record(new_run(options.step, figures))
    (ROOT / "docs" / "performance.md").write_text(render(runs))
    (ROOT / "docs" / "performance.svg").write_text(draw(runs[-1]))
    write_scaling(runs[-1])


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure, and write docs/performance.md.")
    parser.add_argument("--payloads", type=_positive, default=5_000, help="payloads loaded against dlt")
    parser.add_argument("--sizes", type=_positive, nargs="+", default=[2_000, 10_000], help="deliveries of the homes")
    parser.add_argument("--loads", type=_positive, default=100, help="loads of one delivery each")
    parser.add_argument("--quotes", type=_positive, default=2_000, help="old quotes that the API is asked about")
    parser.add_argument("--rounds", type=_positive, default=3, help="runs of each measurement")
    parser.add_argument("--step", default="this code", help="name of the step in the page's last table")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="run some parts, and write nothing")
    parser.add_argument("--folder", type=Path, default=ROOT / ".venv", help="folder on the disk to measure")
    parser.add_argument("--dlt", type=Path, default=ROOT / ".venv/dlt/bin/python", help="Python with dlt")
    return parser.parse_args()


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text}: expected a whole number from 1")
    return value


def _parts(options: argparse.Namespace) -> dict[str, Part]:
    rounds = options.rounds
    measures = (
        partial(against_dlt.measure, count=options.payloads, rounds=rounds, dlt_python=options.dlt),
        partial(by_size.measure, sizes=sorted(set(options.sizes)), rounds=rounds),
        partial(small_home.measure, rounds=rounds),
        partial(many_loads.measure, loads=options.loads, rounds=rounds),
        latency.measure,
        partial(latency.measure_quotes, old_quotes=options.quotes),
        through_airflow.measure,
        partial(receiver.measure, rounds=rounds),
    )
    return dict(zip(PARTS, measures, strict=True))


if __name__ == "__main__":
    main()
