import pytest

from support.compacting import load_each
from support.factories import SAMPLE_BYTES, a_milestone
from support.warehouses import Warehouse


@pytest.fixture
def often(warehouse: Warehouse) -> Warehouse:
    """A published home of several loads of one delivery each."""
    load_each(warehouse, *(a_milestone(f"{number}") for number in range(4)), SAMPLE_BYTES)
    warehouse.publish()
    return warehouse
