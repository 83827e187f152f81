"""What every test may ask for."""

import gc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from support.warehouses import Warehouse

# Machines are shared: how long an example takes says nothing.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """An empty one, in a folder of its own."""
    return Warehouse(tmp_path / "home with a space")


def pytest_unconfigure() -> None:
    """Hypothesis stays with the garbage collector; DuckDB then takes its own types for leaked, and says so."""
    gc.callbacks[:] = [callback for callback in gc.callbacks if not callback.__module__.startswith("hypothesis")]
