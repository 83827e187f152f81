"""Contradictory deliveries in any dialect give the same tables, however they are batched."""

import random
import shutil
from pathlib import Path

from support.warehouses import Warehouse
from support.worlds import a_world, all_rows, in_some_dialect


def test_every_table_is_the_same_for_any_batches_in_any_order(tmp_path: Path) -> None:
    chance = random.Random(17)
    deliveries = [payload for number in range(20) for payload in a_world(chance, str(number))]
    chance.shuffle(deliveries)
    one_batch, many = Warehouse(tmp_path / "one"), Warehouse(tmp_path / "many")
    for delivery in deliveries:
        one_batch.land(in_some_dialect(chance, delivery))
    files = sorted(one_batch.settings.layout.landing.glob("*/*"))
    chance.shuffle(files)

    one_batch.load()
    for start in range(0, len(files), 25):
        for file in files[start : start + 25]:
            target = many.settings.layout.landing / file.parent.name / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        many.load()
    one_batch.publish()
    many.publish()

    assert all_rows(one_batch) == all_rows(many)
