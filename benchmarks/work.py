"""Count the work of loading a payload: the same on every run and on every machine with these versions.

Counted are calls of Python and C functions, and allocations of memory, which native code makes as well. What neither
calls nor allocates, such as hashing more bytes at once, is not seen.
"""

import ctypes
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog

from benchmarks.homes import PLAIN, Home
from benchmarks.payloads import simulated
from sighten_warehouse.load.step import load

PAYLOADS = 60
SOURCE = Path(__file__).with_name("allocations.c")
# Without Python's own allocator, and with text hashed alike in every process.
COUNTABLE = {"PYTHONMALLOC": "malloc", "ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONHASHSEED": "0"}


def work_of_a_payload() -> dict[str, float]:
    """Calls and allocations for each payload beyond the first `PAYLOADS`, counted in a process of its own.

    Raises:
        OSError: there is no C compiler.
    """
    # LD_PRELOAD divides its value at spaces and colons; a library cannot be loaded from every file system.
    folders = (sys.prefix, "/var/tmp", tempfile.gettempdir())  # noqa: S108  (a new folder of its own is made there)
    usable = next(folder for folder in folders if not re.search(r"[\s:]", folder) and os.access(folder, os.W_OK))
    with tempfile.TemporaryDirectory(dir=usable) as folder:
        library = Path(folder, "allocations.so")
        subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O2", "-o", library, SOURCE], check=True)
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.work"],
            env=PLAIN | COUNTABLE | {"LD_PRELOAD": str(library)},
            cwd=SOURCE.parents[1],
            capture_output=True,
            check=True,
        )
    return dict(json.loads(done.stdout))


def main() -> None:
    """Print the counts of this process as JSON."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    bodies = simulated(seed=0, count=2 * PAYLOADS)
    _load(bodies, _allocations)  # imports and caches
    counters: dict[str, Callable[[Callable[[], object]], int]] = {"calls": _calls, "allocations": _allocations}
    counts = {name: _load(bodies, count) - _load(bodies[:PAYLOADS], count) for name, count in counters.items()}
    print(json.dumps({name: count / PAYLOADS for name, count in counts.items()}))


def _load(bodies: list[bytes], count: Callable[[Callable[[], object]], int]) -> int:
    folder = Path(tempfile.mkdtemp())
    try:
        home = Home(folder)
        home.land(bodies)
        return count(lambda: load(home.settings))
    finally:
        shutil.rmtree(folder)


def _allocations(work: Callable[[], object]) -> int:
    allocations = ctypes.CDLL(None).allocations
    allocations.restype = ctypes.c_ulong
    before = allocations()
    work()
    return int(allocations() - before)


def _calls(work: Callable[[], object]) -> int:
    calls = 0

    def note(_frame: object, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls


if __name__ == "__main__":
    main()
