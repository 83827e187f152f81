"""Rebuilding some days: their batches are remade, all others are kept."""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import CheckError, LakeError
from sighten_warehouse.lake.folder import new_lake, resolve_lake
from sighten_warehouse.lake.hardlinks import hardlink_batch
from sighten_warehouse.lake.manifest import Manifest, commits, history_file
from sighten_warehouse.landing.files import Days, landing_files
from sighten_warehouse.load import delivery
from sighten_warehouse.load.step import MIN_BATCH_BYTES, divide, pending
from sighten_warehouse.ops import rebuild as rebuild_module
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish.versions import is_current, versions
from sighten_warehouse.settings import Settings
from support.everything import everything
from support.factories import SAMPLE_BYTES, a_milestone, an_id
from support.older_history import forget_digests
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep

DAY = Days(date(2026, 11, 2), date(2026, 11, 2))


def land_on(warehouse: Warehouse, day: int, name: str) -> None:
    warehouse.clock = datetime(2026, 11, day, 12, tzinfo=UTC)
    warehouse.land(a_milestone(name, new_field=1))


@pytest.fixture
def three(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Three batches loaded by a version without kinds: of the first day, of the first two, and of the third."""
    with monkeypatch.context() as older:
        older.setattr(delivery, "CONFORM", {})
        for batch in ([(1, "a")], [(1, "b"), (2, "c")], [(3, "d")]):
            for day, name in batch:
                land_on(warehouse, day, name)
            warehouse.load()
    return warehouse


def history(warehouse: Warehouse) -> list[tuple[str, int]]:
    """Name and inode of every history file of deliveries, in the order of their batches."""
    layout = warehouse.settings.layout
    files = [history_file(layout, "deliveries", manifest.batch_id) for manifest in commits(layout)]
    return [(path.name, path.stat().st_ino) for path in files]


def run(warehouse: Warehouse, *arguments: str) -> Result:
    env = {"SIGHTEN_HOME": str(warehouse.settings.home)}
    return CliRunner().invoke(commands, ["rebuild", *arguments], env=env)


def test_only_batches_with_deliveries_of_the_days_are_remade_each_as_a_whole(three: Warehouse) -> None:
    before = history(three)

    result = run(three, "--from", "2026-11-02", "--to", "2026-11-02")

    assert 0 == result.exit_code, result.output
    assert "rebuilt 1 batches of 2 deliveries: 2 loaded\nkept 2 batches unchanged" in result.stdout
    assert [True, False, True] == [old == new for old, new in zip(before, history(three), strict=True)]
    assert {an_id("milestone b"), an_id("milestone c")} == set(three.column("select milestone_id from milestones"))


def test_an_end_before_the_start_is_refused(three: Warehouse) -> None:
    result = run(three, "--from", "2026-11-02", "--to", "2026-11-01")

    assert 2 == result.exit_code
    assert "; expected the same day or an earlier one" in result.stderr


def test_rebuilding_day_by_day_gives_the_rows_of_one_rebuild(three: Warehouse) -> None:
    three.land(SAMPLE_BYTES, b"no json", {"stage_id": 1})
    three.load()

    since = rebuild(three.settings, days=Days(first=date(2026, 11, 3)))
    until = rebuild(three.settings, days=Days(last=date(2026, 11, 2)))
    by_days, status = everything(three), read_status(three.settings)
    rebuild(three.settings)

    assert (2, 2) == (since.batches, until.batches)
    assert everything(three) == by_days
    assert (True, 0) == (status.balanced, status.outdated)
    assert is_current(three.settings)


def test_batches_loaded_meanwhile_are_taken_over_and_pending_files_stay_pending(three: Warehouse) -> None:
    def meanwhile(*_: int) -> None:
        for day, name in ((2, "meanwhile"), (4, "also meanwhile")):
            land_on(three, day, name)
            three.load()
        land_on(three, 2, "pending")

    result = rebuild(three.settings, days=DAY, on_progress=meanwhile)

    assert (2, 3) == (result.batches, result.kept)
    assert 4 == three.value("select count(*) from milestones")
    assert is_current(three.settings)
    assert 1 == len(pending(three.settings))
    assert read_status(three.settings).balanced


def test_a_crash_at_any_step_leaves_the_lake_that_was_in_use(three: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = three.settings.layout
    version = three.publish()
    before, in_use = history(three), layout.lake.resolve()

    for step in (
        "new_lake",
        "hardlink_batch",
        "sync_folders",
        "flatten_batch",
        "_commit",
        "finish_lake",
        "publish_lake",
        "_catch_up",
        "swap_in",
    ):

        def crash(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as once:
            once.setattr(rebuild_module, step, crash)
            with pytest.raises(KeyboardInterrupt):
                rebuild(three.settings, days=DAY)

        assert (in_use, before, [version]) == (layout.lake.resolve(), history(three), versions(layout)), step
    rebuild(three.settings, days=DAY)

    assert 2 == three.value("select count(*) from milestones")
    assert {in_use.name, layout.lake.resolve().name, "lake"} == {path.name for path in layout.root.glob("lake*")}


def test_a_lake_whose_checks_fail_is_not_swapped_in(three: Warehouse) -> None:
    layout = three.settings.layout
    rebuild(three.settings)
    [first, second, _] = commits(layout)
    damaged, other = (history_file(layout, "drift", manifest.batch_id) for manifest in (first, second))
    in_use = layout.lake.resolve()
    rows = f"from '{other}' limit {first.history_files['drift']}"
    duckdb.execute(f"copy ({rows}) to '{layout.root}/twice.parquet'")
    (layout.root / "twice.parquet").rename(damaged)
    forget_digests(layout)

    with pytest.raises(CheckError, match="grain_of_history_drift"):
        rebuild(three.settings, days=DAY)
    stayed = layout.lake.resolve()
    rebuild(three.settings, days=Days(last=date(2026, 11, 1)))

    assert in_use == stayed
    assert in_use != layout.lake.resolve()


def test_missing_landing_files_matter_only_on_those_days(three: Warehouse) -> None:
    landing = three.settings.layout.landing
    for name in landing_files(landing)[-2:]:
        (landing / name).rename(landing / Path(name).name)

    with pytest.raises(LakeError, match=r"1 landing files are not .*\n  received_date=2026-11-02.*: missing"):
        rebuild(three.settings, days=DAY)
    kept = rebuild(three.settings, days=Days(last=date(2026, 10, 31)))
    with_loss = rebuild(three.settings, days=DAY, without=["*"])

    assert (0, 3) == (kept.batches, kept.kept)
    assert (1, 2, 1) == (with_loss.batches, with_loss.kept, with_loss.landed)
    assert [an_id("milestone b")] == three.column("select milestone_id from milestones")


def test_a_batch_that_lost_a_history_file_is_remade_whatever_its_days(three: Warehouse) -> None:
    layout = three.settings.layout
    last: Manifest = commits(layout)[-1]
    history_file(layout, "deliveries", last.batch_id).unlink()

    result = rebuild(three.settings, days=DAY)

    assert (2, 1) == (result.batches, result.kept)
    assert read_status(three.settings).balanced


def test_kept_files_are_copied_on_a_disk_without_hard_links(three: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    layout = resolve_lake(three.settings.layout)
    aside = new_lake(layout)
    monkeypatch.setattr(os, "link", refuse)

    for manifest in commits(layout):
        hardlink_batch(manifest, layout=layout, aside=aside)

    held, kept = ({path.relative_to(lake): path for path in lake.rglob("*.*")} for lake in (layout.lake, aside.lake))
    assert kept.keys() == held.keys()
    assert all(kept[name].read_bytes() == path.read_bytes() for name, path in held.items())
    assert not any(kept[name].samefile(path) for name, path in held.items())


def test_large_batches_of_a_long_past_end_with_a_day(tmp_path: Path) -> None:
    layout = Settings(home=tmp_path).layout
    sizes = {"2025-01-01": (2, 1), "2025-01-02": (1,), "2025-01-03": (1,), "2025-01-04": (5,)}
    names = [f"received_date={day}/{number}.ndjson" for day, parts in sizes.items() for number in range(len(parts))]
    for name, size in zip(names, [size for parts in sizes.values() for size in parts], strict=True):
        path = layout.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size * MIN_BATCH_BYTES // 2)

    batches = [list(manifest.landing_files) for manifest in divide(layout, names)]

    assert [names[:2], names[2:4], names[4:]] == batches
