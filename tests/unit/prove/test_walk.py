"""The harm without chance: a command dies at every point that it reaches, and no promise breaks."""

from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from prove.life import live
from prove.machine_clock import MachineClock
from prove.route import BESIDE, Stride, damage_backup
from prove.walk import walk

pytestmark = pytest.mark.deep
ROUTE = (
    Stride("importer", ("backfill", "files", "{old}")),
    Stride("loader", ("load", "--jobs", "1")),
    Stride("backup", ("backup", "{backups}")),
    Stride("restore", ("restore", "{backups}"), home="restored", damage=damage_backup),
    Stride("restore", ("restore", "{backups}", "--without-damaged"), home="restored"),
    Stride("importer", ("backfill", "files", "{new}"), home=BESIDE),
)


def test_each_command_dies_once_at_every_point_that_it_reaches(tmp_path: Path) -> None:
    found = live(tmp_path / "life", partial(walk, route=ROUTE), seed=1, clock=MachineClock(tmp_path), is_short=True)

    actors = {name.partition(": ")[0] for name in found.points}
    assert {"receiver", *(stride.actor for stride in ROUTE)} == actors
    assert {f"restore: after remove in backup.restore.{name}" for name in ("restore", "_copy_all")} <= set(found.points)
    struck = Counter[str]()
    for name, times in found.points.items():
        struck[name.partition(": ")[2]] += times
    assert set(struck.values()) <= {0, 1}  # 0: another thread came there just before the process died
    assert 0.9 * len(struck) <= struck.total() == found.killed
    assert ([], 0, 1) == (found.broken, found.lost, found.balances)
    assert 1 <= found.acknowledged <= found.landed
