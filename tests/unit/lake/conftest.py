import pytest

from support.compacting import load_each
from support.factories import SAMPLE_BYTES, a_milestone
from support.made_once import MadeOnce
from support.warehouses import Warehouse


@pytest.fixture
def loaded(warehouse: Warehouse) -> Warehouse:
    """A home of five loads of one delivery each."""
    return load_five(warehouse)


def load_five(warehouse: Warehouse) -> Warehouse:
    load_each(warehouse, *(a_milestone(f"{number}") for number in range(4)), SAMPLE_BYTES)
    return warehouse


@pytest.fixture(scope="session")
def made_often(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    return MadeOnce(tmp_path_factory.mktemp("often"), lambda warehouse: load_five(warehouse).publish())


@pytest.fixture
def often(made_often: MadeOnce) -> Warehouse:
    """The same, published."""
    return made_often.again()
