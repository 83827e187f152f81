"""Commands run as where only some extras of the package are installed: Python then finds nothing of the others."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement

from support.repository import ROOT, text

# Each in a fork of one process that has imported what most of them need.
RUN_EACH = """
import importlib.machinery, json, os, sys, traceback

class Installed(importlib.machinery.PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in missing else super().find_spec(name, path, target)

commands = json.load(sys.stdin)
missing = set(commands[0][0])
sys.meta_path = [Installed if finder is importlib.machinery.PathFinder else finder for finder in sys.meta_path]
import duckdb, pyarrow, rich.console
import sighten_warehouse.load.step, sighten_warehouse.publish.reader, sighten_warehouse.report.writing
from sighten_warehouse.cli.main import run_alone

for missing, arguments in commands:
    missing = set(missing)
    if not os.fork():
        os.dup2(1, 2)
        code = 1
        try:
            if arguments[0] == "python":
                exec(arguments[1])
            else:
                sys.argv = ["sighten-warehouse", *arguments]
                run_alone()
            code = 0
        except SystemExit as ended:
            code = ended.code
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(code or 0)  # with DuckDB 1.5, a fork that exits as usual hangs
    print("\\nexit code", os.waitstatus_to_exitcode(os.wait()[1]), flush=True)
"""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it wrote to stdout and stderr."""

    code: int
    output: str

    @property
    def named_extras(self) -> list[str]:
        """The extras that it says to install."""
        return re.findall(r"pip install 'sighten-warehouse\[(\w+)\]'", self.output)


def run_each(commands: Iterable[tuple[tuple[str, ...], list[str]]], *, home: Path, folder: Path) -> list[Ran]:
    """Run each command, or Python code where its first word is `python`, with those extras alone."""
    found = [(_missing_with(extras), arguments) for extras, arguments in commands]
    env = {**os.environ, "SIGHTEN_HOME": str(home), "PYTHONPATH": f"{ROOT}/include:{ROOT}/plugins"}
    ran = subprocess.run(
        [sys.executable, "-c", RUN_EACH],
        env=env, cwd=folder, input=json.dumps(found), capture_output=True, text=True, check=True,
    )  # fmt: skip
    parts = re.split(r"\nexit code (-?\d+)\n", ran.stdout)
    return [Ran(int(code), output) for output, code in zip(parts[::2], parts[1::2], strict=False)]


@cache
def _missing_with(extras: tuple[str, ...]) -> list[str]:
    """The modules of this environment that pip would not install with those extras alone."""
    here = _installed_with(extras)
    return [
        module
        for module, names in packages_distributions().items()
        if module.isidentifier() and not module.startswith("sighten_") and not here & {*map(_normal, names)}
    ]


def _installed_with(extras: tuple[str, ...]) -> set[str]:
    """The distributions that pip would install with those extras."""
    project = tomllib.loads(text("pyproject.toml"))["project"]
    optional = {"": project["dependencies"], **project["optional-dependencies"]}
    left = [("sighten-warehouse", extra) for extra in ("", *extras)]
    found = set(left)
    while left:
        name, extra = left.pop()
        for needed in map(Requirement, optional[extra] if name == "sighten-warehouse" else _requirements(name)):
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                new = {(_normal(needed.name), part) for part in ("", *needed.extras)} - found
                found |= new
                left += new
    return {name for name, _ in found}


def _requirements(name: str) -> list[str]:
    try:
        return requires(name) or []
    except PackageNotFoundError:  # of another extra, or another platform
        return []


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
