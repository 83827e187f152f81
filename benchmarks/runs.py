"""The recorded runs: the newest of each named step, in `docs/performance.json`."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks.figures import Figure

ROOT = Path(__file__).resolve().parents[1]
RECORD = ROOT / "docs" / "performance.json"


@dataclass(frozen=True)
class Run:
    """All figures of one run; `step` names what had been done to the code."""

    step: str
    measured_at: str
    machine: str
    figures: tuple[Figure, ...]

    def value(self, key: str, size: int | None = None) -> float | None:
        """A figure's value, if this run has it."""
        return next((figure.value for figure in self.figures if (figure.key, figure.size) == (key, size)), None)

    @property
    def sizes(self) -> list[int]:
        """The sizes of its homes, in ascending order."""
        return sorted({figure.size for figure in self.figures if figure.size is not None})


def new_run(step: str, figures: Sequence[Figure]) -> Run:
    """A run of this machine, now."""
    cores = len(os.sched_getaffinity(0))
    machine = f"{cores} cores, Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    return Run(step, f"{datetime.now(UTC):%Y-%m-%d}", machine, tuple(figures))


def read_runs() -> list[Run]:
    """All recorded runs, in order of time."""
    if not RECORD.exists():
        return []
    recorded = json.loads(RECORD.read_bytes())
    return [Run(**run | {"figures": tuple(Figure(**figure) for figure in run["figures"])}) for run in recorded]


def record(run: Run) -> list[Run]:
    """Record the run in place of an earlier one of the same step; return all."""
    runs = [*(earlier for earlier in read_runs() if earlier.step != run.step), run]
    RECORD.write_text(json.dumps([asdict(run) for run in runs], indent=1) + "\n")
    return runs
