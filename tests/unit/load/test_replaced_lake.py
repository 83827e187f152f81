"""A load while a compaction or a rebuild puts another lake in use."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sighten_warehouse.durable import DISK
from sighten_warehouse.errors import LakeReplacedError
from sighten_warehouse.lake.compaction import compact
from sighten_warehouse.load.step import flatten, load, plan
from sighten_warehouse.ops.status import read_status
from support.factories import a_milestone
from support.warehouses import Warehouse


@pytest.fixture
def replaced(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Two loads, and one pending: while it is flattened, the lake is compacted, and the old one removed."""
    for name in ("one", "two"):
        warehouse.take_in(a_milestone(name))
    warehouse.land(a_milestone("new"))
    layout, change = warehouse.settings.layout, DISK.change

    def replace_once(operation: str, path: Path, act: Callable[[], object]) -> None:
        change(operation, path, act)
        if operation == "write" and path.suffix == ".parquet":
            monkeypatch.setattr(DISK, "change", change)
            old = layout.lake.resolve()
            compact(layout)
            shutil.rmtree(old)  # as a publish does, once no kept version reads it

    monkeypatch.setattr(DISK, "change", replace_once)
    return warehouse


def test_a_load_whose_lake_is_replaced_meanwhile_begins_again(replaced: Warehouse) -> None:
    result = load(replaced.settings)

    status = read_status(replaced.settings)
    assert 1 == result.landed
    assert (3, 0, 3) == (status.landed, status.pending, status.unpublished)


def test_a_step_whose_lake_is_replaced_meanwhile_says_so_and_can_be_repeated(replaced: Warehouse) -> None:
    [batch_id] = plan(replaced.settings)

    with pytest.raises(LakeReplacedError, match=r"a compaction or a rebuild replaced it .* load again"):
        flatten(replaced.settings, batch_id)
    again = flatten(replaced.settings, batch_id)

    assert 1 == again.landed
