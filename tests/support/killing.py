"""Runs a step in a process of its own that is killed at a named point."""

import importlib
import os
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from sighten_warehouse.durable import DISK
from sighten_warehouse.objects.homes import connect, connected
from sighten_warehouse.settings import Settings

KILLED = 9
COMPACT = "from sighten_warehouse.lake.compaction import compact; compact(settings.layout)"
ERASE = (
    "from sighten_warehouse.erase import Subject, erase, resume\n"
    "from sighten_warehouse.landing.erasures import read_erasures\n"
    "resume(settings) if read_erasures(settings.layout) else erase(settings, Subject('email', address))"
)
LOAD = "from sighten_warehouse.load.step import load; load(settings)"
PUBLISH = "from sighten_warehouse.publish.step import publish; publish(settings)"


def exit_code_of_killed(
    settings: Settings, step: str, module: str, name: str, when: str, **variables: object
) -> int | None:
    """Run the code `step`, which dies before or after it calls that function of that module; 9 if it did."""
    context = get_context("forkserver")
    # A new interpreter would import the product each time.
    context.set_forkserver_preload([__name__, "sighten_warehouse.lake.compaction", "sighten_warehouse.publish.step"])
    connections = {"environ": {**os.environ}, "homes": connected()}  # the server of forks began with other ones
    process = context.Process(
        target=_die, args=(step, module, name, when, {"settings": settings, **variables}, connections)
    )
    process.start()
    process.join()
    return process.exitcode


def exit_code_of_killed_at(settings: Settings, step: str, operation: str, place: str, when: str) -> int | None:
    """Run the code `step`, which dies before or after that change of a file whose path holds the text; 9 if it did."""
    return exit_code_of_killed(settings, step, "durable", "DISK", when, operation=operation, place=place)


def _die(  # noqa: PLR0913, PLR0917  (a process takes no named ones)
    step: str, module: str, name: str, when: str, variables: dict[str, object], connections: dict[str, Any]
) -> None:
    os.environ.update(connections["environ"])
    for root, url in connections["homes"].items():
        connect(url, root)
    if name == "DISK":
        DISK.change = partial(_die_at, variables.pop("operation"), variables.pop("place"), when)
        exec(step, variables)  # noqa: S102  (code of the tests)
        return
    place = importlib.import_module(f"sighten_warehouse.{module}")
    real = getattr(place, name)

    def dies(*arguments: Any, **named: Any) -> None:
        if when == "after":
            real(*arguments, **named)
        os._exit(KILLED)

    setattr(place, name, dies)
    exec(step, variables)  # noqa: S102  (code of the tests)


def _die_at(  # noqa: PLR0913, PLR0917  (as `Disk.change`, after what was given before)
    operation: object, place: object, when: str, done: str, path: Path, change: Callable[[], object]
) -> None:
    is_here = done == operation and str(place) in str(path)
    if is_here and when == "before":
        os._exit(KILLED)
    change()
    if is_here:
        os._exit(KILLED)
