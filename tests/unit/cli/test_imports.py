"""A command imports what it needs: each import below costs as much as a small publish."""

import os
import subprocess
import sys

import pytest

from support.factories import SAMPLE_BYTES
from support.warehouses import Warehouse

RUN_AND_TELL = """
import atexit, sys
heavy = ("numpy", "pandas", "pyarrow", "pydantic", "rich.console", "obstore")
atexit.register(lambda: print("imported:", *(name for name in heavy if name in sys.modules)))
from sighten_warehouse.cli.main import run_alone
run_alone()
"""


@pytest.mark.parametrize(
    ("command", "imported"),
    [
        (["load"], "numpy pyarrow"),
        (["publish"], ""),
        (["publish", "--full"], ""),
        (["status"], ""),
        (["query", "select 1"], "numpy pyarrow rich.console"),
    ],
    ids=" ".join,
)
def test_a_command_imports_only_what_it_needs(warehouse: Warehouse, command: list[str], imported: str) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    warehouse.land(SAMPLE_BYTES)
    env = {**os.environ, "SIGHTEN_HOME": str(warehouse.settings.home), "PYTHONPATH": "include"}

    ran = subprocess.run(
        [sys.executable, "-c", RUN_AND_TELL, *command], env=env, capture_output=True, text=True, check=True
    )

    assert f"imported: {imported}".strip() == ran.stdout.splitlines()[-1].strip()
