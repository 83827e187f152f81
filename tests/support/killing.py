"""Runs a step in a process of its own that is killed at a named point."""

import importlib
import os
from multiprocessing import get_context
from typing import Any

from sighten_warehouse.settings import Settings

KILLED = 9
COMPACT = "from sighten_warehouse.lake.compaction import compact; compact(settings.layout)"
ERASE = (
    "from sighten_warehouse.erase import Subject, erase, resume\n"
    "from sighten_warehouse.landing.erasures import read_erasures\n"
    "resume(settings) if read_erasures(settings.layout) else erase(settings, Subject('email', address))"
)
PUBLISH = "from sighten_warehouse.publish.step import publish; publish(settings)"


def exit_code_of_killed(
    settings: Settings, step: str, module: str, name: str, when: str, **variables: object
) -> int | None:
    """Run the code `step`, which dies before or after it calls that function of that module; 9 if it did."""
    context = get_context("forkserver")
    # A new interpreter would import the product each time.
    context.set_forkserver_preload([__name__, "sighten_warehouse.lake.compaction", "sighten_warehouse.publish.step"])
    process = context.Process(target=_die, args=(step, module, name, when, {"settings": settings, **variables}))
    process.start()
    process.join()
    return process.exitcode


def _die(step: str, module: str, name: str, when: str, variables: dict[str, object]) -> None:
    place = importlib.import_module(f"sighten_warehouse.{module}")
    real = getattr(place, name)

    def dies(*arguments: Any, **named: Any) -> None:
        if when == "after":
            real(*arguments, **named)
        os._exit(KILLED)

    setattr(place, name, dies)
    exec(step, variables)  # noqa: S102  (code of the tests)
