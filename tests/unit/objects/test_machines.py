"""Several machines share a home on object storage: what each loads and publishes counts once."""

from collections.abc import Callable

import pytest

from sighten_warehouse.lake.compaction import compact
from sighten_warehouse.lake.folder import ensure_lake, resolve_lake
from sighten_warehouse.lake.manifest import commits, prepared_path, write_manifest
from sighten_warehouse.lake.pull import refresh
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.load.step import commit, divide, flatten, plan
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.version import Version
from sighten_warehouse.publish.versions import versions
from support.everything import Rows
from support.object_stores import ObjectStore
from support.shared_homes import FILES, content, local_home, store_landing
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

Machines = Callable[[str], Warehouse]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return local_home(Warehouse(tmp_path_factory.mktemp("local")))


@pytest.fixture(scope="module")
def expected(local: Warehouse) -> Rows:
    return content(local)


@pytest.fixture
def landed(local: Warehouse, store: ObjectStore, machines: Machines) -> Machines:
    """Machines whose store has the landing files of `local`."""
    store_landing(local, store.url)
    return machines


def meanwhile(store: ObjectStore, method: str, text: str, step: Callable[[], object]) -> list[object]:
    """Let another machine do the step when the next such request has come, before it is done; what it returned."""
    done: list[object] = []

    def before(asked: str, path: str) -> None:
        if asked == method and text in path and store.before:
            store.before = None
            done.append(step())

    store.before = before
    return done


def test_one_machine_loads_another_publishes_and_a_third_reads_what_one_disk_gives_whatever_fails_on_the_way(
    expected: Rows, store: ObjectStore, landed: Machines
) -> None:
    for fault, method, text in (
        ("slow_down", "PUT", "deliveries/batch"),
        ("lost_answer", "PUT", "_sequence/"),
        ("lost_answer", "PUT", "newest.json"),
        ("cut_off", "PUT", "published/versions/"),
        ("lost_answer", "GET", "received_date"),
        ("slow_down", "GET", "list-type"),
    ):
        store.break_next(fault, method, text, times=2)  # type: ignore[arg-type]

    landed("loader").load()
    landed("publisher").publish()
    status = read_status(landed("reader").settings)

    assert [0] * 6 == [rule.times for rule in store.rules]  # each has come
    assert status.balanced
    assert status.is_readable
    assert expected == content(landed("publisher"))
    assert expected == content(landed("reader"))


def test_batches_are_planned_flattened_and_committed_by_different_machines(landed: Machines) -> None:
    batches = plan(landed("planner").settings)
    for number, batch in enumerate(batches):
        flatten(landed(f"worker {number}").settings, batch)
    result = commit(landed("committer").settings, batches)

    assert tuple(batches) == result.batches
    worker = landed("worker 0").settings.layout
    assert [] == list(worker.lake.resolve().glob("_commits/*.json"))  # it need not know of other batches
    assert FILES == len([*worker.landing.glob("received_date=*/*")])


def test_of_two_loaders_of_the_same_files_one_commits_and_the_other_gives_up(
    store: ObjectStore, landed: Machines, local: Warehouse
) -> None:
    other = meanwhile(store, "PUT", "_sequence/00000001", landed("B").load)

    lost = landed("A").load()

    assert 1 == len(other[0].batches)  # type: ignore[attr-defined]
    assert () == lost.batches
    assert loaded(local) == loaded(landed("C"))


def flattened(machine: Warehouse, files: slice) -> list[str]:
    """A batch of those pending files, flattened."""
    refresh(machine.settings.layout)
    ensure_lake(machine.settings.layout)
    layout = resolve_lake(machine.settings.layout)
    [batch] = divide(layout, landing_files(layout.landing)[files])
    write_manifest(prepared_path(layout, batch.batch_id), batch)
    flatten(machine.settings, batch.batch_id)
    return [batch.batch_id]


def test_a_loader_that_lost_its_number_commits_other_files_under_the_next(
    store: ObjectStore, landed: Machines, local: Warehouse
) -> None:
    first, rest = flattened(landed("A"), slice(0, 3)), flattened(landed("B"), slice(3, None))
    other = meanwhile(store, "PUT", "_sequence/00000001", lambda: commit(landed("B").settings, rest))

    result = commit(landed("A").settings, first)

    assert (tuple(first), tuple(rest)) == (result.batches, other[0].batches)  # type: ignore[attr-defined]
    assert loaded(local) == loaded(landed("C"))


def test_of_two_publishers_the_later_makes_its_version_anew_and_nothing_goes_back(
    store: ObjectStore, local: Warehouse, machines: Machines, expected: Rows
) -> None:
    store_landing(local, store.url, files=slice(0, 3))
    machines("A").load()
    machines("A").publish()

    def load_and_publish() -> Version:
        store_landing(local, store.url)
        machines("B").load()
        return machines("B").publish()

    other = meanwhile(store, "PUT", "published/versions/", load_and_publish)
    mine = machines("A").publish(full=True)

    known = [version.version for version in versions(machines("A").settings.layout)]
    assert [other[0].version, mine.version] == known[-2:]  # type: ignore[attr-defined]
    assert 3 == len(known)
    assert expected == content(machines("A"))
    assert read_status(machines("C").settings).balanced


@pytest.mark.parametrize("replace", [compact, rebuild])
def test_a_new_lake_takes_over_what_another_machine_commits_at_its_end(
    store: ObjectStore, machines: Machines, local: Warehouse, replace: Callable[..., object]
) -> None:
    load_one_by_one(machines("A"), store, local)
    other = meanwhile(store, "PUT", "_sequence/00000004", machines("B").load)

    replace(machines("A").settings if replace is rebuild else machines("A").settings.layout)

    assert 1 == len(other[0].batches)  # type: ignore[attr-defined]
    assert sum(loaded(local).values()) == sum(loaded(machines("C")).values())
    assert read_status(machines("C").settings).balanced


def test_a_load_that_comes_after_a_compaction_is_planned_again_in_the_new_lake(
    store: ObjectStore, machines: Machines, local: Warehouse
) -> None:
    load_one_by_one(machines("A"), store, local)
    meanwhile(store, "PUT", "_sequence/00000004", lambda: compact(machines("A").settings.layout))

    done = machines("B").load()

    assert 1 == len(done.batches)
    assert sum(loaded(local).values()) == sum(loaded(machines("C")).values())
    assert 2 == len(commits(machines("B").settings.layout))


def load_one_by_one(machine: Warehouse, store: ObjectStore, local: Warehouse) -> None:
    """Load three landing files as batches of their own; the others are pending afterwards."""
    for number in range(3):
        store_landing(local, store.url, files=slice(number, number + 1))
        machine.load()
    store_landing(local, store.url, files=slice(3, None))


def loaded(machine: Warehouse) -> dict[str, int]:
    """Landing file → its lines, of all commits; it fails if two commits name the same file."""
    refresh(machine.settings.layout)
    found = commits(machine.settings.layout)
    return {name: lines for manifest in found for name, lines in manifest.landing_files.items()}
