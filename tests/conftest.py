"""What every test may ask for."""

from pathlib import Path

import pytest

from warehouses import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    """An empty one, in a folder of its own."""
    return Warehouse(tmp_path / "home with a space")
