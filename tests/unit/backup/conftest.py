import pytest

from support.backing_up import furnish
from support.warehouses import Warehouse


@pytest.fixture
def home(warehouse: Warehouse) -> Warehouse:
    """A home with something of everything, not published."""
    return furnish(warehouse)
