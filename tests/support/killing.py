"""Runs a step in a process of its own that is killed at a named point."""

import importlib
import os
from multiprocessing import get_context
from typing import Any

from sighten_warehouse.lake.compaction import compact
from sighten_warehouse.publish.step import publish
from sighten_warehouse.settings import Settings

KILLED = 9


def exit_code_of_killed(settings: Settings, step: str, module: str, name: str, when: str) -> int | None:
    """Run `compact` or `publish`, which dies before or after it calls that function of that module; 9 if it did."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])  # a new interpreter would import the product each time
    process = context.Process(target=_die, args=(settings, step, module, name, when))
    process.start()
    process.join()
    return process.exitcode


def _die(settings: Settings, step: str, module: str, name: str, when: str) -> None:
    place = importlib.import_module(f"sighten_warehouse.{module}")
    real = getattr(place, name)

    def dies(*arguments: Any, **named: Any) -> None:
        if when == "after":
            real(*arguments, **named)
        os._exit(KILLED)

    setattr(place, name, dies)
    if step == "compact":
        compact(settings.layout)
    else:
        publish(settings)
