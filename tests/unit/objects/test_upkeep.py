"""What operators do with a home on object storage: erase, back up, retry, examine, and ask."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.backup.restore import restore
from sighten_warehouse.backup.step import back_up
from sighten_warehouse.cli.main import commands
from sighten_warehouse.erase import Subject, erase
from sighten_warehouse.errors import SettingError
from sighten_warehouse.objects.store import Store
from sighten_warehouse.ops.quarantine import quarantined
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.settings import read_settings
from support.erasing import ADDRESS, HER, fill
from support.factories import SAMPLE_BYTES, a_milestone
from support.object_stores import ObjectStore
from support.searching import places_of
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

Machines = Callable[[str], Warehouse]


def stored(store: ObjectStore, folder: Path) -> Path:
    """Everything that is stored, as files of that folder."""
    bucket = Store(store.url)
    for found in bucket.below(""):
        path = folder / found.key
        path.parent.mkdir(parents=True, exist_ok=True)
        bucket.download(found.key, path)
    return folder


def test_who_is_erased_on_one_machine_is_found_in_no_object_and_in_no_other_mirror(
    store: ObjectStore, machines: Machines, tmp_path: Path
) -> None:
    fill(machines("A"), tmp_path / "copy.duckdb")
    before = places_of(stored(store, tmp_path / "before"), *HER)

    erased = erase(machines("B").settings, Subject("email", ADDRESS))
    status = read_status(machines("A").settings)

    assert before
    assert not erased.is_unfinished
    assert set() == places_of(stored(store, tmp_path / "after"), *HER)
    assert set() == places_of(machines("B").settings.layout.root, *HER)
    # What it wrote past the product is not on the store; its cache is made anew by its next publish.
    left = {place.partition("/")[0] for place in places_of(machines("A").settings.layout.root, *HER)}
    assert {"landing", "vault", "work"} == left
    assert status.balanced


def test_a_backup_of_it_is_restored_to_a_folder_and_holds_the_same(
    store: ObjectStore, machines: Machines, tmp_path: Path
) -> None:
    machines("A").deliver(SAMPLE_BYTES, b"no json")
    made = back_up(machines("B").settings, tmp_path / "backups")
    local = read_settings({"SIGHTEN_HOME": str(tmp_path / "home")})
    (tmp_path / "home").mkdir()
    restore(local, made.path)

    with pytest.raises(SettingError, match=f"{store.url}/production: a backup is not restored to object storage"):
        restore(machines("C").settings, made.path)

    assert {} == made.problems
    one, other = read_status(local), read_status(machines("B").settings)
    assert (one.landed, one.batches, one.balanced) == (other.landed, other.batches, True)


def test_a_quarantined_delivery_is_found_by_a_machine_that_did_not_load_it(machines: Machines) -> None:
    machines("A").deliver(SAMPLE_BYTES, b"no json")

    assert ["not_json"] == [delivery.reason for delivery in quarantined(machines("B").settings.layout)]


@pytest.fixture
def call(store: ObjectStore, tmp_path: Path) -> Callable[..., Result]:
    environment = {"SIGHTEN_HOME": store.url, "SIGHTEN_CACHE": str(tmp_path / "new"), "SIGHTEN_RECEIVER_PORT": "1"}
    return lambda *arguments: CliRunner().invoke(commands, arguments, env=environment)


def test_commands_on_a_machine_that_has_nothing_yet_answer_for_the_home(
    store: ObjectStore, machines: Machines, call: Callable[..., Result], tmp_path: Path
) -> None:
    machines("A").deliver(SAMPLE_BYTES)

    status, asked = call("status"), call("query", "select count(*) as milestones from milestones", "--format", "csv")
    history = call("query", "from history.milestones")
    report = call("report", "--to", str(tmp_path / "report.html"))

    assert "balance           holds" in status.output
    assert "1" == asked.output.split()[-1]
    assert (0, 2, 0) == (asked.exit_code, history.exit_code, report.exit_code)
    assert f'open_warehouse("{store.url}")' in " ".join(history.output.split())


def test_a_home_that_is_not_there_is_wrong_use(store: ObjectStore, call: Callable[..., Result]) -> None:
    found = call("load")

    assert isinstance(found.exception, SettingError)
    assert f"nothing is stored below {store.url}/production" in str(found.exception)


def test_doctor_names_a_store_that_keeps_no_conditions_and_no_lake_begins_there(
    store: ObjectStore, machines: Machines, call: Callable[..., Result]
) -> None:
    machines("A").land(SAMPLE_BYTES)
    good = call("doctor", "--quick")
    store.break_next("ignores_conditions", times=1000)

    bad = call("doctor", "--quick")

    assert "creates and replaces objects only if it may" in good.output
    assert "does not honour `If-None-Match: *`" in bad.output
    with pytest.raises(SettingError, match="does not honour `If-None-Match"):
        machines("B").load()


def test_a_publish_leaves_what_a_reader_of_the_same_machine_downloads_meanwhile(machines: Machines) -> None:
    machine = machines("A")
    machine.deliver(a_milestone("one"))
    layout = machine.settings.layout
    downloads = [layout.published / ".warehouse.duckdb.0.tmp", layout.versions / ".20261101.duckdb.0.tmp"]
    for path in downloads:
        path.touch()

    machine.deliver(a_milestone("two"))

    assert [True, True] == [path.exists() for path in downloads]
