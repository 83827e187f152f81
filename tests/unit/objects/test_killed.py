"""kill -9 at each step on the way to the store: another machine goes on, and the tables are those of one disk."""

from collections.abc import Callable

import pytest

from sighten_warehouse.ops.status import read_status
from support.killing import COMPACT, KILLED, LOAD, PUBLISH, exit_code_of_killed_at
from support.object_stores import ObjectStore
from support.shared_homes import content, local_home, store_landing
from support.warehouses import Warehouse

# What is stored when it dies, and whether that is done. Each is met by a machine that knows nothing of those before.
LOADING = [
    ("put", "_prepared", "before"),
    ("put", "tasks/batch=", "after"),
    ("put", "_sequence", "before"),
    ("put", "_sequence", "after"),
    ("delete", "_prepared", "before"),
]
COMPACTING = [
    ("put", "_sequence", "before"),
    ("put", "_sequence", "after"),
    ("put", "production/lake", "after"),
    ("delete", "received_date", "after"),
]
PUBLISHING = [
    ("put", ".duckdb", "after"),
    ("put", "newest.json", "before"),
    ("put", "newest.json", "after"),
    ("put", "warehouse.duckdb", "before"),
]


@pytest.mark.big  # the end-to-end test kills at four of these points
def test_whatever_dies_on_the_way_the_tables_are_those_of_one_disk(
    store: ObjectStore, machines: Callable[[str], Warehouse], tmp_path_factory: pytest.TempPathFactory
) -> None:
    local = local_home(Warehouse(tmp_path_factory.mktemp("local")))

    for number, point in enumerate(LOADING):
        store_landing(local, store.url, files=slice(number, number + 1))
        assert KILLED == exit_code_of_killed_at(machines(f"loader {number}").settings, LOAD, *point), point
    machines("loader").load()
    for number, point in enumerate(COMPACTING):
        compactor = machines(f"compactor {number % 2}")
        code = exit_code_of_killed_at(compactor.settings, COMPACT, *point)
        assert KILLED == code, point
    store_landing(local, store.url, files=slice(len(LOADING), None))
    machines("loader").load()
    for number, point in enumerate(PUBLISHING):
        assert KILLED == exit_code_of_killed_at(machines(f"publisher {number}").settings, PUBLISH, *point), point
    machines("reader").publish()

    assert read_status(machines("reader").settings).balanced
    assert content(local) == content(machines("reader"))
