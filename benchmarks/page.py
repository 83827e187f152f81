"""`docs/performance.md`: every figure of the newest run beside its target, and the main ones of each step."""

from collections.abc import Iterable, Sequence

from benchmarks.figures import Figure, number
from benchmarks.runs import Run

STEPS = {
    "dlt_wall_ratio": "wall, dlt over ours",
    "dlt_cpu_ratio": "CPU, dlt over ours",
    "load_ms": "load, ms",
    "publish_ms": "publish, ms",
    "small_publish": "small publish, s",
}
STEPS_AT_THE_LARGEST = {"publish_1_cpu": "1 new, s", "publish_1000_cpu": "1,000 new, s", "full_cpu": "full, s"}
HEAD = """\
# Performance

Step “{step}”, {measured_at}, {machine}; written by `make bench`.

Medians of strict JSON payloads; compare ratios. CPU includes all processes. dlt, tuned and in turn with ours, only
appends rows; ours also repairs, deduplicates, checks and builds current state, history and marts. A star: smaller than
the target's size. The targets' sizes:

```sh
make bench PAYLOADS=100000 SIZES="20000 100000 600000 1000000" LOADS=50000 QUOTES=20000
```

![CPU a payload, and of a publish with one new delivery](performance.svg)
"""


def render(runs: Sequence[Run]) -> str:
    """The page as Markdown; the last run is the newest."""
    newest = runs[-1]
    plain = [figure for figure in newest.figures if figure.size is None]
    parts = [
        HEAD.format(step=newest.step, measured_at=newest.measured_at, machine=newest.machine),
        "## Targets\n",
        _table(
            ("what", "target", "measured", ""),
            ((figure.what, figure.target, figure.measured, _verdict(figure)) for figure in plain if figure.target),
        ),
        "## By deliveries in the home\n",
        _by_size(newest),
        "## Beside them\n",
        _table(("what", "measured"), ((figure.what, figure.measured) for figure in plain if not figure.target)),
        "## Step by step\n",
        _steps(runs),
    ]
    return "\n".join(parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"|{'|'.join(line)}|\n" for line in lines)


def _by_size(run: Run) -> str:
    by_key: dict[str, dict[int, Figure]] = {}
    for figure in run.figures:
        if figure.size is not None:
            by_key.setdefault(figure.key, {})[figure.size] = figure
    head = ("what", "target", *(f"{size:,}" for size in run.sizes))
    rows = []
    for by_size in by_key.values():
        first = next(iter(by_size.values()))
        rows.append((first.what, first.target, *(_cell(by_size.get(size)) for size in run.sizes)))
    return _table(head, rows)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return f"{figure.measured}, {_verdict(figure)}" if figure.verdict else figure.measured


def _verdict(figure: Figure) -> str:
    return figure.verdict.replace("*", "\\*").replace("not met", "**not met**")


def _steps(runs: Sequence[Run]) -> str:
    head = ("step", "homes", *STEPS.values(), *STEPS_AT_THE_LARGEST.values())
    rows = []
    for run in runs:
        values = [run.value(key) for key in STEPS]
        values += [run.value(key, max(run.sizes, default=None)) for key in STEPS_AT_THE_LARGEST]
        sizes = " ".join(f"{size:,}" for size in run.sizes)
        rows.append((run.step, sizes, *("" if value is None else number(value) for value in values)))
    return _table(head, rows)
