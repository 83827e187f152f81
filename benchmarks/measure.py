"""Run a command and measure its processor time, wall time and memory, including every process it starts.

Run as a script, this file starts the command: Linux counts the memory of whoever starts a process towards that
process's peak, so a small process must start it. Needs Linux.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Measured:
    """Seconds of processor and wall time; the largest process and the largest sum over all processes, in MiB."""

    cpu: float
    wall: float
    process_mib: float = 0
    tree_mib: float = 0

    def __add__(self, later: "Measured") -> "Measured":
        """One command after the other."""
        return Measured(
            self.cpu + later.cpu,
            self.wall + later.wall,
            max(self.process_mib, later.process_mib),
            max(self.tree_mib, later.tree_mib),
        )


def run_measured(command: Sequence[str | Path], *, env: Mapping[str, str]) -> Measured:
    """Run the command to its end.

    Raises:
        RuntimeError: it exited with another code than 0.
    """
    with tempfile.NamedTemporaryFile() as report:
        launcher = [sys.executable, "-I", "-S", __file__, report.name, *map(str, command)]
        done = subprocess.run(launcher, env=dict(env), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stderr[-2000:]}")
        return Measured(**json.load(report))


def time_call(call: Callable[[], object]) -> Measured:
    """Time a call in this process; its memory is not measured."""
    began, began_work = perf_counter(), process_time()
    call()
    return Measured(cpu=process_time() - began_work, wall=perf_counter() - began)


def median(runs: Iterable[Measured]) -> Measured:
    """The median of each field."""
    columns = zip(*((run.cpu, run.wall, run.process_mib, run.tree_mib) for run in runs), strict=True)
    return Measured(*map(statistics.median, columns))


def _launch(report: str, command: list[str]) -> int:
    began = perf_counter()
    process = os.posix_spawn(command[0], command, os.environ)
    peak = [0.0]
    threading.Thread(target=_sample, args=(process, peak), daemon=True).start()
    _, status, usage = os.wait4(process, 0)
    process_mib = usage.ru_maxrss / 1024
    measured = {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": perf_counter() - began,
        "process_mib": process_mib,
        "tree_mib": max(process_mib, peak[0]),
    }
    Path(report).write_text(json.dumps(measured))
    return os.waitstatus_to_exitcode(status)


def _sample(process: int, peak: list[float]) -> None:
    """Keep the largest sum of memory; pages that processes share count once (Linux's Pss)."""
    ended = threading.Event()
    while not ended.wait(SAMPLE_SECONDS):
        peak[0] = max(peak[0], sum(map(_mib, _tree(process))))


def _tree(process: int) -> Iterator[int]:
    yield process
    with suppress(OSError):  # it has ended
        for children in Path(f"/proc/{process}/task").glob("*/children"):
            for child in children.read_text().split():
                yield from _tree(int(child))


def _mib(process: int) -> float:
    with suppress(OSError):  # it has ended
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0


if __name__ == "__main__":
    sys.exit(_launch(sys.argv[1], sys.argv[2:]))
