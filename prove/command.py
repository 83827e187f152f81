"""One run of the product's command, in a process forked from one that has imported everything."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from prove.faults import Fault, FaultyDisk

IMPORTED = [
    "prove.command",
    *(f"sighten_warehouse.cli.{name}" for name in ("main", "receive", "load", "publish", "compact", "rebuild", "run")),
    *(f"sighten_warehouse.cli.{name}" for name in ("status", "landing", "quarantine", "simulate", "simulate_serve")),
    "sighten_warehouse.enrich.step",
    "sighten_warehouse.documents.step",
    "sighten_warehouse.publish.step",
    "sighten_warehouse.publish.parquet",
    "sighten_warehouse.receiver.server",
    "sighten_warehouse.load.step",
    "pyarrow.parquet",
]
_PR_SET_PDEATHSIG = 1
_VERSION_3 = 0x20080522
_OVERRIDES = 0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH


@dataclass(frozen=True)
class Run:
    """One run of a command: its name, arguments, environment and output file."""

    name: str
    arguments: Sequence[str]
    env: Mapping[str, str]
    output: Path


def start(run: Run, *, fault: Fault | None = None, journal: Path | None = None) -> ForkServerProcess:
    """Start the command; with a fault, its process writes the points that it reaches to the journal.

    A fork of a server that has imported the product takes milliseconds, a new interpreter a second: so a kill costs
    what its work costs. Each run is a process of its own all the same.
    """
    return forked(run.name, _run, run, fault, journal)


def forked(name: str, target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Start a process that calls the function."""
    context = get_context("forkserver")
    context.set_forkserver_preload(IMPORTED)  # counts for the first process only
    process = context.Process(target=target, args=arguments, name=name)
    process.start()
    return process


def _run(run: Run, fault: Fault | None, journal: Path | None) -> None:
    descriptor = os.open(run.output, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    for name in [name for name in os.environ if name.startswith("SIGHTEN_")]:
        del os.environ[name]
    os.environ.update(run.env)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # with the server, which ends with the fault run
        _obey_permissions(libc)
    if fault is not None and journal is not None:
        FaultyDisk(fault, run=run.name, journal=journal).install()
    sys.argv = ["sighten-warehouse", *run.arguments]
    from sighten_warehouse.cli.main import run_alone  # noqa: PLC0415  (imported by the server already)

    run_alone()


def _obey_permissions(libc: ctypes.CDLL) -> None:
    """Let the permissions of files bind this process even as root: without its capability to override them."""
    if os.geteuid():
        return
    header, sets = (ctypes.c_uint32 * 2)(_VERSION_3, 0), (ctypes.c_uint32 * 6)()
    if libc.capget(header, sets) == 0:
        sets[0] &= ~_OVERRIDES  # effective
        sets[1] &= ~_OVERRIDES  # permitted
        libc.capset(header, sets)
