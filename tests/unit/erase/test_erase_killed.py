"""A kill at any point: `status` says that an erasure is unfinished, and the next call finishes it."""

from importlib import import_module
from pathlib import Path

import pytest

from sighten_warehouse.erase import resume
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.ops.status import Status, read_status
from sighten_warehouse.publish.parquet import export_parquet
from support.erasing import ADDRESS, found, her_milestone, store
from support.factories import a_milestone
from support.killing import ERASE, exit_code_of_killed
from support.warehouses import Warehouse

# In the order in which they are reached, so that each begins where the one before was killed.
EVERY_POINT = [
    ("erase.step", "write_erasure", "before"),
    ("erase.step", "write_erasure", "after"),
    ("load.erased", "_write", "after"),
    ("ops.rebuild", "_commit", "after"),
    ("load.erased", "write_exchange", "after"),
    ("lake.folder", "decide_swap", "before"),
    ("lake.folder", "decide_swap", "after"),
    ("lake.folder", "bring_in", "after"),
    ("lake.folder", "point_link", "after"),
    ("publish.step", "link_over", "before"),
    ("erase.versions", "remove_unneeded", "before"),
    ("erase.versions", "export_and_register", "before"),
    ("erase.step", "erase_vault", "before"),
    ("erase.step", "erase_files", "after"),
]
CHOSEN = [EVERY_POINT[7], EVERY_POINT[12]]


def test_every_point_is_still_a_function_of_its_module() -> None:
    assert [] == [
        (module, name)
        for module, name, _ in EVERY_POINT
        if not hasattr(import_module(f"sighten_warehouse.{module}"), name)
    ]


@pytest.mark.parametrize("points", [CHOSEN, pytest.param(EVERY_POINT, marks=pytest.mark.big)], ids=["chosen", "every"])
def test_a_kill_at_any_point_is_told_and_finished_by_the_next_call(
    warehouse: Warehouse, tmp_path: Path, points: list[tuple[str, str, str]]
) -> None:
    settings, portable = warehouse.settings, tmp_path / "none"
    warehouse.land(her_milestone(), a_milestone("other"))
    store(warehouse, "hers", ADDRESS.encode())
    warehouse.load()
    warehouse.publish()
    export_parquet(settings)
    warehouse.land(her_milestone("pending"))
    lines = read_status(settings).landed
    exit_codes, seen = [], []

    for point in points:
        warehouse.close()
        exit_codes.append(exit_code_of_killed(settings, ERASE, *point, address=ADDRESS))
        seen.append(read_status(settings, deep=True))
    resume(settings)
    status = read_status(settings, deep=True)

    assert [9] * len(points) == exit_codes
    assert [point != EVERY_POINT[0] for point in points] == [bool(each.unfinished_erasures) for each in seen]
    assert [True] * len(points) == [is_whole(each) for each in seen]
    assert set() == found(warehouse, portable)
    records = 1 + points.count(EVERY_POINT[0])  # that the document is erased; before the receipt, it is landed again
    assert (True, (), lines + records) == (is_whole(status), status.unfinished_erasures, status.landed)
    assert 3 == warehouse.value("select count(*) from milestones")
    assert not (settings.layout.landing / ".merged").exists()
    assert status.landing_files == len(landing_files(settings.layout.landing))


def is_whole(status: Status) -> bool:
    return status.balanced and not status.landing.damaged and not status.damaged_history
