"""Runs a step in a process of its own that is killed at a named point."""

import os
import subprocess
import sys
from pathlib import Path

from sighten_warehouse.settings import Settings

COMPACT = "from sighten_warehouse.lake.compaction import compact; compact(read_settings().layout)"
ERASE = (
    "from sighten_warehouse.erase import Subject, erase, resume\n"
    "from sighten_warehouse.landing.erasures import read_erasures\n"
    "settings = read_settings()\n"
    "resume(settings) if read_erasures(settings.layout) else erase(settings, Subject('email', os.environ['ADDRESS']))"
)
PUBLISH = "from sighten_warehouse.publish.step import publish; publish(read_settings())"
DIES = """
import importlib, os, sys
from sighten_warehouse.settings import read_settings

step, module, name, when = sys.argv[1:]
module = importlib.import_module("sighten_warehouse." + module)
real = getattr(module, name)

def dies(*arguments, **named):
    if when == "after":
        real(*arguments, **named)
    os._exit(9)

setattr(module, name, dies)
exec(step)
"""


def exit_code_of_killed(settings: Settings, step: str, module: str, name: str, when: str, **variables: str) -> int:
    """Run `step`, which dies before or after it calls that function of that module; 9 if it got there."""
    env = {**os.environ, **variables, "SIGHTEN_HOME": str(settings.home), "PYTHONPATH": str(Path("include").resolve())}
    return subprocess.run([sys.executable, "-c", DIES, step, module, name, when], env=env, check=False).returncode
