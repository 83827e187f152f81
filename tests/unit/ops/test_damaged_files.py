"""Landing files that are not what was loaded from them: named, refused, left out on request, and taken up again."""

import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake.compaction import compact
from sighten_warehouse.lake.manifest import commits, history_file
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.load.step import pending
from sighten_warehouse.ops.landing import verify_landing
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.step import publish
from support.everything import everything
from support.factories import a_milestone, an_id
from support.made_once import MadeOnce
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep


def the_file(warehouse: Warehouse) -> Path:
    landing = warehouse.settings.layout.landing
    return landing / landing_files(landing)[0]


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-9])


def alter(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"Permit", b"PERMIT"))


def lengthen(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content + content.splitlines(keepends=True)[0])


def remove(path: Path) -> None:
    path.unlink()


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES = {
    empty: "0 bytes, 0 lines; expected",
    cut: "2 lines, line 2 damaged; expected",
    alter: "2 lines, line 1 damaged; expected those that were loaded",
    lengthen: "3 lines; expected",
    remove: "missing",
    replace_by_folder: "not a file",
}


def publish_two_files(warehouse: Warehouse) -> None:
    warehouse.land(a_milestone("one", name="Permit"), a_milestone("two"))
    warehouse.land(a_milestone("other"))
    warehouse.load()
    warehouse.publish()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    return MadeOnce(tmp_path_factory.mktemp("loaded"), publish_two_files)


@pytest.fixture
def loaded(made: MadeOnce) -> Warehouse:
    """A file of two deliveries and a file of one, loaded and published."""
    return made.again()


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_rebuild_refuses_what_was_damaged_since_it_was_loaded(
    loaded: Warehouse, damage: Callable[[Path], None]
) -> None:
    path, before = the_file(loaded), everything(loaded)
    damage(path)

    with pytest.raises(LakeError) as refused:
        rebuild(loaded.settings)
    found = verify_landing(loaded.settings)

    [(name, problem)] = found.damaged.items()
    assert path.as_posix().endswith(name)
    assert DAMAGES[damage] in problem
    assert f"\n  {name}: {problem}\n" in str(refused.value)
    assert "--without FILE" in str(refused.value)
    assert everything(loaded) == before


@pytest.mark.parametrize("damage", [empty, alter, remove], ids=lambda damage: damage.__name__)
def test_a_file_left_out_is_loaded_once_it_is_restored(loaded: Warehouse, damage: Callable[[Path], None]) -> None:
    path, whole = the_file(loaded), the_file(loaded).read_bytes()
    damage(path)

    rebuild(loaded.settings, without=["received_date=*/*"])
    left, pending_then = read_status(loaded.settings), pending(loaded.settings)
    loaded.load()
    ids_without = loaded.column("select milestone_id from milestones")
    path.write_bytes(whole)
    again = loaded.load()
    loaded.publish()
    loaded.close()
    after = read_status(loaded.settings, deep=True)

    assert {2} == set(left.landing.left_out.values())
    assert left.balanced
    assert [] == pending_then
    assert [an_id("milestone other")] == ids_without
    assert 2 == again.landed
    assert (3, True, {}, {}) == (after.landed, after.balanced, after.landing.left_out, after.landing.damaged)
    assert 3 == loaded.value("select count(*) from milestones")


def test_without_must_name_a_damaged_file(loaded: Warehouse) -> None:
    with pytest.raises(LakeError, match=r"--without '\*': no such landing file .*; none is: leave the option out"):
        rebuild(loaded.settings, without=["*"])


def test_an_altered_body_is_quarantined_until_its_file_is_restored(warehouse: Warehouse) -> None:
    warehouse.land(a_milestone("one", name="Permit"), a_milestone("two"))
    path, whole = the_file(warehouse), the_file(warehouse).read_bytes()
    alter(path)
    warehouse.load()
    warehouse.publish()

    landing_id, *told = warehouse.row("select landing_id, reason, place, expected from ops.quarantine")
    environment = {"SIGHTEN_HOME": str(warehouse.settings.home)}
    retried = CliRunner().invoke(commands, ["quarantine", "retry", landing_id], env=environment)
    names = warehouse.column("select name from milestones")
    path.write_bytes(whole)
    restored = verify_landing(warehouse.settings)
    rebuild(warehouse.settings)

    assert "altered_body" == told[0]
    assert told[1].endswith("line 1")
    assert "SHA-256" in told[2]
    assert 1 == retried.exit_code
    assert 1 == len(names)
    assert "PERMIT" not in names
    assert 1 == len(restored.restored)
    assert {"Permit", *names} == set(warehouse.column("select name from milestones"))


def test_a_cut_compressed_file_gives_its_whole_lines_and_one_damaged_one(warehouse: Warehouse) -> None:
    warehouse.land(*(a_milestone(str(number)) for number in range(200)))
    path = the_file(warehouse)
    compressed = pa.compress(path.read_bytes(), codec="zstd", asbytes=True)
    path.with_name(f"{path.name}.zst").write_bytes(compressed[: len(compressed) // 2])
    path.unlink()

    result = warehouse.load()
    warehouse.publish()
    status = read_status(warehouse.settings, deep=True)

    assert 1 == result.quarantined
    assert status.balanced
    assert ["damaged_line"] == warehouse.column("select reason from ops.quarantine")


def lose_a_line(path: Path) -> None:
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])


def alter_beside_the_body(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"2026-11-01", b"2026-11-02", 1))


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (empty, "empty; expected at least one line"),
        (lose_a_line, "not loaded: lines are gone"),
        (alter_beside_the_body, "not loaded: lines are gone, or altered beside their bodies"),
    ],
)
def test_a_landing_file_whose_damage_no_line_shows_is_named_and_stays_pending(
    warehouse: Warehouse, damage: Callable[[Path], None], problem: str
) -> None:
    warehouse.land(a_milestone("one"), a_milestone("two"))
    path, whole = the_file(warehouse), the_file(warehouse).read_bytes()
    damage(path)

    first, status = warehouse.load(), read_status(warehouse.settings)
    anew = rebuild(warehouse.settings)
    path.write_bytes(whole)
    second = warehouse.load()

    assert (0, 0, 2) == (first.landed, anew.landed, second.landed)
    [found] = status.landing.damaged.values()
    assert found.startswith(problem)


@pytest.mark.parametrize("full", [False, True])
def test_a_history_file_with_other_values_is_named_and_not_published(warehouse: Warehouse, full: bool) -> None:
    warehouse.deliver(a_milestone("before"))
    warehouse.land(a_milestone("one", name="Permit"))
    warehouse.load()
    layout = warehouse.settings.layout
    path = history_file(layout, "milestones", commits(layout)[-1].batch_id)
    rows = pq.read_table(path, partitioning=None)
    column = rows.schema.get_field_index("name")
    pq.write_table(rows.set_column(column, rows.schema.field(column), pa.array(["PERMIT"])), path)

    with pytest.raises(LakeError, match=r"milestones/batch=.*: altered since it was written; run `.* rebuild --from"):
        publish(warehouse.settings, full=full)
    published = warehouse.column("select name from milestones")
    status = read_status(warehouse.settings, deep=True)
    rebuild(warehouse.settings)

    assert 1 == len(published)
    assert [f"milestones/{path.name}"] == list(status.damaged_history)
    assert "Permit" in warehouse.column("select name from milestones")


def test_history_that_was_altered_is_not_merged(loaded: Warehouse) -> None:
    loaded.take_in(a_milestone("later"))
    layout = loaded.settings.layout
    path = history_file(layout, "milestones", commits(layout)[0].batch_id)
    pq.write_table(pq.read_table(path, partitioning=None), path, compression="none")

    with pytest.raises(LakeError, match="altered since it was written"):
        compact(layout)

    assert 2 == len(commits(layout))


def test_a_damaged_history_file_is_named_with_what_remakes_it(loaded: Warehouse) -> None:
    layout = loaded.settings.layout
    cut(history_file(layout, "tasks", commits(layout)[0].batch_id))
    loaded.take_in(a_milestone("later"))

    with pytest.raises(LakeError, match=r"tasks/batch=.*: not a whole Parquet file .*rebuild --from 2026-11-01 --to"):
        loaded.publish()
    status = read_status(loaded.settings, deep=True)
    rebuild(loaded.settings)

    assert 1 == len(status.damaged_history)
    assert {} == read_status(loaded.settings, deep=True).damaged_history


def test_commands_name_the_damaged_file_and_the_section_of_the_runbook(loaded: Warehouse) -> None:
    path, environment = the_file(loaded), {"SIGHTEN_HOME": str(loaded.settings.home)}
    empty(path)
    loaded.close()
    loaded.settings.layout.warehouse_file.write_bytes(b"no database")

    status = CliRunner().invoke(commands, ["status"], env=environment)
    verified = CliRunner().invoke(commands, ["landing", "verify"], env=environment)
    facts = json.loads(CliRunner().invoke(commands, ["status", "--json", "--deep"], env=environment).stdout)

    assert (1, 1) == (status.exit_code, verified.exit_code)
    assert f"error: {path}: 0 bytes, 0 lines; expected" in status.stderr
    assert "docs/runbook.md#damaged-landing-files" in status.stderr
    assert "cannot be read, expected version" in status.stderr
    assert "read 2 landing files: 1 damaged, 0 left out" in verified.stdout
    assert path.name in verified.stderr
    assert facts["published_file_damaged"]
    assert 1 == len(facts["landing"]["damaged"])
