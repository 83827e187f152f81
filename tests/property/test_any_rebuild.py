"""A rebuild, whenever it comes and whatever was loaded before in whatever batches, gives the rows of one load."""

import random
import shutil
from pathlib import Path

import pytest
from test_any_order import a_world, all_rows, in_some_dialect

from sighten_warehouse.rebuild import rebuild
from warehouses import Warehouse


@pytest.mark.parametrize("seed", range(2))
def test_a_rebuild_at_any_time_gives_the_rows_of_one_load(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    one_load, rebuilt = Warehouse(tmp_path / "one load"), Warehouse(tmp_path / "rebuilt")
    for delivery in [one for number in range(12) for one in a_world(chance, str(number))]:
        one_load.land(in_some_dialect(chance, delivery), b"no json", {"stage_id": 1})
    files = sorted(one_load.settings.layout.landing.glob("*/*"))
    chance.shuffle(files)

    one_load.load()
    one_load.publish()
    while files:
        at_once, files = files[:15], files[15:]
        for file in at_once:
            target = rebuilt.settings.layout.landing / file.parent.name / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        chance.choice([rebuilt.load, lambda: rebuild(rebuilt.settings)])()
    rebuild(rebuilt.settings)

    assert all_rows(one_load) == all_rows(rebuilt)
