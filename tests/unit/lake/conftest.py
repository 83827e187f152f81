import pytest

from support.compacting import load_each
from support.factories import SAMPLE_BYTES, a_milestone
from support.warehouses import Warehouse


@pytest.fixture
def loaded(warehouse: Warehouse) -> Warehouse:
    """A home of five loads of one delivery each."""
    load_each(warehouse, *(a_milestone(f"{number}") for number in range(4)), SAMPLE_BYTES)
    return warehouse


@pytest.fixture
def often(loaded: Warehouse) -> Warehouse:
    """The same, published."""
    loaded.publish()
    return loaded
