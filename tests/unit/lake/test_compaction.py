"""Compaction: the same rows from few files."""

import duckdb
import pytest
from structlog.testing import capture_logs

from sighten_simulator.webhooks.delivery_plan import PlanOptions, plan_deliveries
from sighten_simulator.world.lives import build_simulation
from sighten_warehouse.errors import LakeError
from sighten_warehouse.lake import compaction
from sighten_warehouse.lake.compaction import compact
from sighten_warehouse.lake.loads import loads_path
from sighten_warehouse.lake.manifest import commits, history_file
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.landing.line import landing_line
from sighten_warehouse.load.step import commit, flatten, load, pending, plan
from sighten_warehouse.ops.decisions import discard
from sighten_warehouse.ops.landing import verify_landing
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.publish import is_current, prove
from support.compacting import PLACE, PUBLISHING, commit_count, lines, load_each
from support.everything import everything
from support.factories import SAMPLE_BYTES, a_milestone
from support.made_anew import wrong_rows
from support.warehouses import Warehouse

pytestmark = pytest.mark.deep


def test_rows_stay_and_equal_those_of_a_rebuild(warehouse: Warehouse) -> None:
    deliveries = plan_deliveries(build_simulation(3, 3), PlanOptions(tasks=True))
    load_each(warehouse, *(delivery.body for delivery in deliveries), b"no json", {"stage_id": 1})
    warehouse.publish()
    load_each(warehouse, a_milestone(new=1), a_milestone(at="2025-03-06T00:00:00Z"))
    [broken] = warehouse.column("select landing_id from ops.quarantine where reason = 'not_json'")
    warehouse.close()  # DuckDB would go on to read the file that the process has open
    discard(warehouse.settings, [broken], reason="nothing of ours")
    warehouse.load()
    warehouse.publish()
    warehouse.publish()  # knows when the one before was published
    before, landed = everything(warehouse, but=PLACE), lines(warehouse)

    compacted = compact(warehouse.settings.layout)
    status = read_status(warehouse.settings)
    warehouse.publish()
    after, with_places = everything(warehouse, but=PLACE), everything(warehouse, but=PUBLISHING)
    rebuild(warehouse.settings)

    assert before == after
    assert landed == lines(warehouse)
    assert compacted.batches[0] > 12
    assert (1, 2) == (compacted.batches[1], compacted.landing_files[1])  # of two days
    assert (True, 0, 0) == (status.balanced, status.pending, status.unpublished)
    assert with_places == everything(warehouse, but=PUBLISHING)


# Without the percentiles of the day, which change with its later deliveries.
LATENCY = "select landing_id, batch_id, landed_at, loaded_at, published_at, total_seconds from ops.latency order by 1"


def test_everything_can_be_compacted_again_and_again(often: Warehouse) -> None:
    layout = often.settings.layout
    often.publish()  # knows when the one before was published
    before = often.rows(LATENCY)
    compact(layout)
    load_each(often, a_milestone("5"), a_milestone("0", at="2025-04-01T00:00:00Z"))
    compact(layout)
    untouched = compact(layout)
    often.publish()

    assert (1, 1) == untouched.batches
    assert 1 == len(landing_files(layout.landing))
    assert 7 == often.value("select count(*) from ops.batches")
    assert 7 == often.value("select max(batches) from ops.versions")
    assert before == often.rows(LATENCY)[:5]
    assert verify_landing(often.settings).damaged == {}
    rebuilt = everything(often, but=PUBLISHING)
    rebuild(often.settings)
    assert rebuilt == everything(often, but=PUBLISHING)


def test_rows_are_sorted_by_milestone(loaded: Warehouse) -> None:
    layout = loaded.settings.layout

    compact(layout)

    [path] = (layout.lake / "tasks").iterdir()
    ids = [row[0] for row in duckdb.sql(f"select milestone_id from '{path}'").fetchall()]
    assert sorted(ids) == ids


def test_updates_read_merged_files(often: Warehouse) -> None:
    compact(often.settings.layout)
    often.publish()

    often.deliver(a_milestone("0", at="2025-04-01T00:00:00Z", status="APPROVED"))

    anew = everything(often, but=PUBLISHING)
    often.publish(full=True)
    assert anew == everything(often, but=PUBLISHING)
    assert is_current(often.settings)


def test_kept_versions_keep_their_history(often: Warehouse) -> None:
    layout = often.settings.layout
    [before] = layout.versions.glob("*.duckdb")
    compact(layout)
    often.publish()

    with duckdb.connect(str(before), read_only=True) as connection:
        assert connection.execute("select count(*) from history.tasks").fetchall() == often.rows(
            "select count(*) from history.tasks"
        )


def test_pending_planned_and_flattened_files_stay(loaded: Warehouse) -> None:
    settings = loaded.settings
    loaded.land(a_milestone("flattened"))
    [flattened] = plan(settings)
    flatten(settings, flattened)
    loaded.land(a_milestone("pending"))

    compact(settings.layout)

    assert 2 == len(pending(settings))
    assert (flattened,) == commit(settings, [flattened]).batches
    assert 1 == load(settings).landed
    loaded.publish()
    assert 7 == loaded.value("select count(*) from milestones")


def test_what_is_loaded_meanwhile_is_taken_over(loaded: Warehouse) -> None:
    compact(loaded.settings.layout, on_progress=lambda *_: load_each(loaded, a_milestone("meanwhile")))

    assert [] == pending(loaded.settings)
    assert 2 == commit_count(loaded)
    loaded.publish()
    assert 6 == loaded.value("select count(*) from milestones")


def test_an_altered_landing_file_is_refused_and_named_and_others_go_on(loaded: Warehouse) -> None:
    layout = loaded.settings.layout
    altered, *_ = landing_files(layout.landing)
    path = layout.landing / altered
    path.write_bytes(path.read_bytes().replace(b'"webhook"', b'"import" '))

    compacted = compact(layout)

    assert [altered] == list(compacted.refused)
    assert 2 == commit_count(loaded)
    assert altered in landing_files(layout.landing)
    assert [altered] == list(read_status(loaded.settings, deep=True).landing.damaged)


@pytest.mark.parametrize("table", ["tasks", "deliveries"])
def test_damaged_history_stops_it(loaded: Warehouse, table: str) -> None:
    layout = loaded.settings.layout
    first, *_ = commits(layout)
    history_file(layout, table, first.batch_id).unlink()

    with pytest.raises(LakeError, match="1 history files are damaged"):
        compact(layout)

    assert 5 == commit_count(loaded) == len(landing_files(layout.landing))


def test_files_with_damaged_lines_and_copied_lines_stay(often: Warehouse) -> None:
    layout = often.settings.layout
    copied, *_ = names = landing_files(layout.landing)
    copy = f"{copied.partition('/')[0]}/copy.ndjson"
    (layout.landing / copy).write_bytes((layout.landing / copied).read_bytes())
    often.load()
    damaged = f"{copied.partition('/')[0]}/damaged.ndjson"
    (layout.landing / copy).with_name("damaged.ndjson").write_bytes(b"half a li")
    often.load()
    often.publish()
    before = everything(often, but=(*PLACE, *PUBLISHING))

    compact(layout)
    often.publish()

    assert before == everything(often, but=(*PLACE, *PUBLISHING))
    assert {copied, copy, damaged} < set(landing_files(layout.landing))
    assert len(names) + 2 > len(landing_files(layout.landing))
    with_places = everything(often, but=PUBLISHING)
    rebuild(often.settings)
    assert with_places == everything(often, but=PUBLISHING)


def test_a_copy_of_a_merged_line_is_counted_as_a_copy(often: Warehouse) -> None:
    layout = often.settings.layout
    first, *_ = landing_files(layout.landing)
    content = (layout.landing / first).read_bytes()
    rows = often.value("select count(*) from history.tasks")
    compact(layout)
    for name in ("000.ndjson", "zzz.ndjson"):  # before and after the merged file, in the order of names
        (layout.landing / first).with_name(name).write_bytes(content)
        often.load()
    often.publish()

    assert rows == often.value("select count(*) from history.tasks")
    assert 2 == often.value("select count(*) from ops.copies")
    anew = everything(often, but=PUBLISHING)
    rebuild(often.settings)
    assert anew == everything(often, but=PUBLISHING)


def test_large_batches_stay(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    load_each(warehouse, a_milestone("one"), a_milestone("two"))
    [large, _] = [path.stat().st_ino for path in warehouse.settings.layout.lake.glob("tasks/*.parquet")]
    monkeypatch.setattr("sighten_warehouse.lake.merge_plan.SMALL_BYTES", 10)

    compacted = compact(warehouse.settings.layout)

    assert (2, 2) == compacted.batches
    assert large in [path.stat().st_ino for path in warehouse.settings.layout.lake.glob("tasks/*.parquet")]


def test_groups_are_bounded(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    load_each(warehouse, *(a_milestone(str(number)) for number in range(5)))
    monkeypatch.setattr("sighten_warehouse.lake.merge_plan.MAX_MERGED_BATCHES", 2)

    assert (5, 3) == compact(warehouse.settings.layout).batches


def test_batches_of_other_rules_stay_apart(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr("sighten_warehouse.lake.manifest.RULES_VERSION", 0)
        load_each(warehouse, a_milestone("one"), a_milestone("two"))
    load_each(warehouse, a_milestone("three"), a_milestone("four"))

    compacted = compact(warehouse.settings.layout)

    assert (4, 2) == compacted.batches
    assert 2 == read_status(warehouse.settings).outdated


def test_many_loads_compact_themselves(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MANY", 3)

    counts = []
    for number in range(7):
        warehouse.take_in(a_milestone(str(number)))
        counts.append(commit_count(warehouse))

    assert [1, 2, 3, 2, 3, 4, 2] == counts


def test_loads_that_cannot_be_merged_are_tried_once(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MANY", 2)
    line = landing_line(SAMPLE_BYTES, landing_id="019f0000-0000-7000-8000-000000000000", received_at=warehouse.clock)
    folder = warehouse.settings.layout.landing / "received_date=2026-11-01"
    folder.mkdir(parents=True)
    tried = []
    monkeypatch.setattr(compaction, "plan_merges", lambda *_: tried.append(1) or compaction.MergePlan())
    for number in range(3):
        (folder / f"{number}.ndjson").write_bytes(line)
        warehouse.load()

    assert 1 == len(tried)


def test_damaged_history_stops_no_load_and_is_reported_once(loaded: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "MANY", 3)
    layout = loaded.settings.layout
    first, *_ = commits(layout)
    history_file(layout, "tasks", first.batch_id).unlink()

    with capture_logs() as logs:
        load_each(loaded, a_milestone("6"), a_milestone("7"))

    assert 1 == sum(event["event"] == "not_compacted" for event in logs)
    assert 7 == commit_count(loaded)


def test_a_rebuild_that_finds_no_loads_makes_one(loaded: Warehouse) -> None:
    layout = loaded.settings.layout
    compact(layout)
    [manifest] = commits(layout)
    loads_path(layout, manifest.batch_id).write_text("[{")

    with pytest.raises(LakeError, match="expected the loads of a merged batch"):
        read_status(loaded.settings)
    rebuild(loaded.settings)

    assert 1 == loaded.value("select count(*) from ops.batches")
    assert 5 == loaded.value("select count(*) from milestones")


def is_update(warehouse: Warehouse) -> bool:
    """Whether the version that this publishes was updated, not made anew."""
    with capture_logs() as logs:
        warehouse.publish()
    [published] = [event for event in logs if event["event"] == "published"]
    return bool(published["is_update"])


def test_the_version_after_a_compaction_is_an_update_with_the_new_places(often: Warehouse) -> None:
    often.deliver(b"no json")
    compact(often.settings.layout)
    load_each(often, a_milestone("0", at="2025-04-01T00:00:00Z", status="APPROVED"), b"[]")

    updated = is_update(often)
    [merged] = often.column("select distinct landing_file from ops.quarantine where reason = 'not_json'")

    assert updated
    assert merged in landing_files(often.settings.layout.landing)
    assert {} == wrong_rows(often)


def test_several_compactions_between_two_versions_are_an_update(often: Warehouse) -> None:
    layout = often.settings.layout
    compact(layout)
    often.publish()
    often.deliver(a_milestone("6"))
    compact(layout)
    often.deliver(a_milestone("7"))
    compact(layout)

    assert is_update(often)
    assert {} == wrong_rows(often)


def test_a_version_is_made_anew_if_new_deliveries_were_merged(often: Warehouse) -> None:
    often.take_in(a_milestone("new"))
    compact(often.settings.layout)

    assert not is_update(often)
    assert {} == wrong_rows(often)


def test_before_all_is_made_anew_small_batches_are_merged_and_no_comparison_is_lost(
    often: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sighten_warehouse.publish.step.MANY_FOR_ALL", 2)

    proved = prove(often.settings)

    assert 1 == commit_count(often)
    assert () == proved.differing
    compact(often.settings.layout)
    load_each(often, a_milestone("a"), a_milestone("b"))
    often.publish()
    assert often.publish(full=True).differing is None  # of another lake, which names other places
    assert 1 == commit_count(often)
