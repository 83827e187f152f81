"""What every test may ask for."""

import gc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadFileScheduling

from support.warehouses import Warehouse

# Machines are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
settings.register_profile("thorough", settings.get_profile("shared"), max_examples=1000)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """An empty one, in a folder of its own."""
    return Warehouse(tmp_path / "home with a space")


class FilesTogether(LoadFileScheduling):
    """The tests of one file share a process, and so do all that need Airflow's metadata database: making it is slow."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "tests/dags" if file.startswith("tests/dags/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FilesTogether | None:
    return FilesTogether(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_unconfigure() -> None:
    """Hypothesis stays with the garbage collector; DuckDB then takes its own types for leaked, and says so."""
    gc.callbacks[:] = [callback for callback in gc.callbacks if not callback.__module__.startswith("hypothesis")]
