"""Rebuild: the same rows from landing alone, and a whole lake at every moment, also after crashes."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from sighten_warehouse.cli.main import commands
from sighten_warehouse.errors import CheckError, LakeError
from sighten_warehouse.lake.folder import complete_swap, decide_swap
from sighten_warehouse.lake.manifest import Manifest, commits, history_file, loaded_files, prepared_path, write_manifest
from sighten_warehouse.landing.files import landing_files
from sighten_warehouse.layout import Layout
from sighten_warehouse.load import delivery, history_files
from sighten_warehouse.load.step import commit, flatten, pending, plan
from sighten_warehouse.ops.decisions import discard, retry_as
from sighten_warehouse.ops.rebuild import rebuild
from sighten_warehouse.ops.status import read_status
from sighten_warehouse.payload.conform import conform_milestone
from sighten_warehouse.publish.versions import is_current
from support.everything import everything
from support.factories import (
    SAMPLE_BYTES,
    a_comment,
    a_document,
    a_milestone,
    a_sub_task,
    a_task,
    a_task_delivery,
    an_id,
)
from support.older_history import forget_digests
from support.warehouses import Warehouse

PUBLISHING = ("published_at", "publish_seconds", "total_seconds", "seconds_to_publish")
TOLD_OF_BATCHES = (*PUBLISHING, "batch_id", "loaded_at", "load_seconds")


def land_all_sorts(warehouse: Warehouse) -> None:
    """Land several batches: the sample, duplicates, late and truncated ones, drift, quarantine and decisions."""
    document = a_sub_task("s", documents=[a_document("d"), a_document("e")])
    comment = a_comment("c", "first", "2025-03-01T11:00:00Z")
    newest = a_milestone(at="2025-03-05T00:00:00Z", tasks=[a_task("a"), a_task("b", sub_tasks=[document])], new=1)
    warehouse.land(SAMPLE_BYTES, newest, b"no json", b"[]", {"stage_id": 1}, {"what": "is this"})
    warehouse.load()
    warehouse.land(a_milestone(comments=[comment]), SAMPLE_BYTES, newest, a_task_delivery("a", status="APPROVED"))
    warehouse.land(a_milestone(at="2025-03-06T00:00:00Z", tasks=[a_task("a")], task_count=7, status="ODD"))
    warehouse.load()
    first, second = [row[0] for row in quarantined(warehouse)]
    retry_as(warehouse.settings, first, json.dumps(a_milestone("mended")).encode())
    discard(warehouse.settings, [second], reason="nothing of ours")


def quarantined(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    files = str(warehouse.settings.layout.lake / "deliveries" / "*.parquet").replace("'", "''")
    sql = f"select landing_id from '{files}' where outcome = 'quarantined' order by landing_id"
    return duckdb.execute(sql).fetchall()


def lakes(layout: Layout) -> list[str]:
    return sorted(path.name for path in layout.root.glob("lake*"))


def copied_without_links(layout: Layout) -> None:
    """Turn the home into a copy made by a tool that follows links."""
    aside = layout.root / "copy"
    shutil.copytree(layout.lake, aside)
    folder = layout.lake.resolve()
    layout.lake.unlink()
    shutil.rmtree(folder)
    aside.rename(layout.lake)


def test_a_rebuild_gives_the_same_rows_and_the_same_batches_unless_the_lake_was_lost(warehouse: Warehouse) -> None:
    land_all_sorts(warehouse)
    warehouse.publish()
    before, but_batches = everything(warehouse, but=PUBLISHING), everything(warehouse, but=TOLD_OF_BATCHES)

    result = rebuild(warehouse.settings)
    after, status, current = (
        everything(warehouse, but=PUBLISHING),
        read_status(warehouse.settings),
        is_current(warehouse.settings),
    )
    shutil.rmtree(warehouse.settings.layout.lake.resolve())
    of_a_lost_lake = rebuild(warehouse.settings)

    assert before == after
    assert status.balanced
    assert current
    assert (4, 1, 14) == (result.batches, of_a_lost_lake.batches, result.landed)
    assert {"loaded": 10, "ignored": 2, "quarantined": 2} == result.outcomes == of_a_lost_lake.outcomes
    assert is_current(warehouse.settings)
    again = everything(warehouse, but=TOLD_OF_BATCHES)
    assert {"ops.batches"} == {name for name, rows in but_batches.items() if rows != again[name]}


def test_a_rebuild_loads_a_landing_that_was_never_loaded(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)

    rebuild(warehouse.settings)

    [manifest] = commits(warehouse.settings.layout)
    lake = warehouse.settings.layout.root / "lake"
    assert (lake / "tasks" / f"batch={manifest.batch_id}.parquet").is_file()
    assert (lake / "_commits" / f"{manifest.batch_id}.json").is_file()
    assert 2 == warehouse.value("select count(*) from tasks")
    assert [] == pending(warehouse.settings)


def test_kept_versions_answer_as_before_and_keep_the_old_lake(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = warehouse.settings.layout
    warehouse.settings = replace(warehouse.settings, kept_versions=2)
    warehouse.deliver(a_milestone(odd=1))
    [before] = layout.versions.glob("*.duckdb")
    monkeypatch.setattr(delivery, "CONFORM", {})
    rebuild(warehouse.settings)
    somebodys_own = layout.root / "lake.backup"
    somebodys_own.mkdir()
    two_lakes = lakes(layout)

    with duckdb.connect(str(before), read_only=True) as connection:
        history = connection.execute("select count(*) from history.tasks").fetchall()
    warehouse.publish()

    assert [(1,)] == history
    assert 0 == warehouse.value("select count(*) from history.tasks")
    assert {"lake", layout.lake.resolve().name, "lake.backup"} == set(lakes(layout))
    assert 4 == len(two_lakes)


def test_ignored_deliveries_are_loaded_once_a_version_knows_their_kind(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {"stage_id": "x", "uuid": an_id("milestone stage"), "name": "Stage"}
    [landing_id] = warehouse.deliver(body)
    before = warehouse.value("select outcome from ops.deliveries")
    monkeypatch.setattr(delivery, "CONFORM", {"stage_transition": conform_milestone, **delivery.CONFORM})

    rebuild(warehouse.settings)

    assert "ignored" == before
    assert [(landing_id, "applied", "stage_transition")] == warehouse.rows(
        "select landing_id, outcome, kind from ops.deliveries"
    )
    assert "Stage" == warehouse.value("select name from milestones")


def test_status_counts_the_batches_that_other_rules_loaded(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr("sighten_warehouse.lake.manifest.RULES_VERSION", 0)
        warehouse.land(SAMPLE_BYTES)
        warehouse.load()
    warehouse.land(a_milestone())
    warehouse.load()
    env = {"SIGHTEN_HOME": str(warehouse.settings.home), "COLUMNS": "200"}
    shown = CliRunner().invoke(commands, ["status"], env=env).stdout

    before = read_status(warehouse.settings).outdated
    result = CliRunner().invoke(commands, ["rebuild"], env=env)

    assert 1 == before
    assert "1  loaded by other rules: run `sighten-warehouse rebuild`" in shown
    assert 0 == read_status(warehouse.settings).outdated
    assert 0 == result.exit_code
    assert "rebuilt 2 batches of 2 deliveries: 2 loaded" in result.stdout


def test_deliveries_loaded_meanwhile_are_neither_lost_nor_loaded_twice(warehouse: Warehouse) -> None:
    settings = warehouse.settings
    warehouse.land(a_milestone("one"))
    warehouse.load()
    warehouse.land(a_milestone("pending"))
    ways: dict[str, list[str]] = {}

    def meanwhile(done: int, _: int) -> None:
        if done == 2:
            warehouse.land(a_milestone("meanwhile"))
            warehouse.load()  # also loads the pending file, which the new lake has on its own
            warehouse.land(a_milestone("flattened"))
            ways["flattened"] = plan(settings)
            flatten(settings, *ways["flattened"])

    rebuild(settings, on_progress=meanwhile)
    refused = commit(settings, ways["flattened"]).refused
    flattened = warehouse.value("select count(*) from milestones")
    warehouse.load()
    warehouse.publish()

    assert 3 == flattened
    assert ways["flattened"] == list(refused)
    assert 4 == warehouse.value("select count(*) from ops.deliveries")
    assert 4 == warehouse.value("select count(*) from milestones")
    assert is_current(settings)
    assert read_status(settings).balanced


def test_a_batch_that_was_planned_before_can_be_flattened_and_committed_after(warehouse: Warehouse) -> None:
    settings = warehouse.settings
    warehouse.land(a_milestone("one"))
    warehouse.load()
    [loaded] = commits(settings.layout)
    write_manifest(prepared_path(settings.layout, "stale"), Manifest("stale", loaded.landing_files))
    batches: list[str] = []

    def meanwhile(*_: int) -> None:
        warehouse.land(a_milestone("planned"))
        batches.extend(plan(settings))

    rebuild(settings, on_progress=meanwhile)
    planned = [path.stem for path in settings.layout.prepared.glob("*.json")]
    flatten(settings, *batches)

    assert batches == planned
    assert batches == list(commit(settings, batches).batches)


def test_a_batch_that_was_being_flattened_during_the_swap_is_refused_and_stays_pending(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = warehouse.settings.layout
    warehouse.land(SAMPLE_BYTES)
    [batch_id] = plan(warehouse.settings)
    write = history_files.replacing

    @contextmanager
    def swap_after_the_first_file(path: Path) -> Iterator[Path]:
        with write(path) as hidden:
            yield hidden
        (layout.root / "lake.other").mkdir(exist_ok=True)
        decide_swap(layout, "lake.other")
        complete_swap(layout)

    monkeypatch.setattr(history_files, "replacing", swap_after_the_first_file)
    flatten(warehouse.settings, batch_id)

    assert [] == list(layout.lake.rglob("*.parquet"))
    assert (batch_id,) == commit(warehouse.settings, [batch_id]).refused
    assert 1 == len(pending(warehouse.settings))


def test_a_new_lake_is_published_and_checked_again(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout
    warehouse.deliver(a_milestone(new_field=1))
    made = layout.root / "lake.made"
    shutil.copytree(layout.lake, made)
    [drift] = made.glob("drift/*.parquet")
    duckdb.execute(f"copy (from '{drift}' union all from '{drift}') to '{made}/twice.parquet'")
    (made / "twice.parquet").rename(drift)
    forget_digests(Layout(layout.root, made.name))

    decide_swap(layout, made.name)

    assert not is_current(warehouse.settings)
    with pytest.raises(CheckError, match="grain_of_history_drift"):
        warehouse.publish()


def test_a_crash_before_the_swap_changes_nothing_and_the_next_rebuild_cleans_up(warehouse: Warehouse) -> None:
    warehouse.deliver(SAMPLE_BYTES)
    in_use = warehouse.settings.layout.lake.resolve()

    def crash(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(warehouse.settings, on_progress=crash)
    found = lakes(warehouse.settings.layout)
    current = is_current(warehouse.settings)
    rebuild(warehouse.settings)

    assert in_use.name in found
    assert current
    assert 3 == len(found)
    assert found[2].endswith(".tmp")
    assert not any(name.endswith(".tmp") for name in lakes(warehouse.settings.layout))


def link_decided(layout: Layout, made: Path) -> None:
    decide_swap(layout, made.name)


def folder_decided(layout: Layout, made: Path) -> None:
    copied_without_links(layout)
    decide_swap(layout, made.name)


def folder_moved_away(layout: Layout, made: Path) -> None:
    folder_decided(layout, made)
    layout.lake.rename(layout.root / "lake.moved away")


def folder_replaced(layout: Layout, made: Path) -> None:
    folder_moved_away(layout, made)
    layout.lake.symlink_to(made.name)


@pytest.mark.parametrize("crash", [link_decided, folder_decided, folder_moved_away, folder_replaced])
def test_the_next_reader_completes_a_swap_after_a_crash(
    warehouse: Warehouse, crash: Callable[[Layout, Path], None]
) -> None:
    layout = warehouse.settings.layout
    warehouse.land(SAMPLE_BYTES)
    warehouse.load()
    made = layout.root / "lake.remade"
    shutil.copytree(layout.lake, made)

    crash(layout, made)
    status = read_status(warehouse.settings)
    warehouse.land(a_milestone())
    warehouse.load()

    assert (1, 0, True) == (status.landed, status.pending, status.balanced)
    assert made == layout.lake.resolve()
    assert not layout.next_lake.exists()
    assert 2 == len(list(made.glob("tasks/*.parquet")))
    assert 2 == len(commits(layout))


def test_a_home_that_was_copied_without_its_links_can_be_rebuilt(warehouse: Warehouse) -> None:
    warehouse.land(SAMPLE_BYTES)
    warehouse.load()
    copied_without_links(warehouse.settings.layout)

    rebuild(warehouse.settings)

    assert warehouse.settings.layout.lake.is_symlink()
    assert 2 == warehouse.value("select count(*) from history.tasks")


def test_missing_landing_files_are_left_out_only_if_named(warehouse: Warehouse) -> None:
    settings = warehouse.settings
    warehouse.land(a_milestone("gone"))
    warehouse.land(a_milestone("kept"))
    warehouse.load()
    lost, _ = landing_files(settings.layout.landing)
    (settings.layout.landing / lost).unlink()

    with pytest.raises(LakeError, match=rf"1 landing files are not what was loaded from them:\n  {lost}: missing\n"):
        rebuild(settings)
    before = len(loaded_files(settings.layout))
    rebuild(settings, without=[lost])

    assert 2 == before
    assert [an_id("milestone kept")] == warehouse.column("select milestone_id from milestones")
    assert read_status(settings).balanced


def test_a_rebuild_repairs_a_damaged_lake(warehouse: Warehouse) -> None:
    layout = warehouse.settings.layout
    for bodies in ([a_milestone("one"), a_milestone("two")], [SAMPLE_BYTES]):
        warehouse.land(*bodies)
        warehouse.load()
    first, second = commits(layout)
    forged = {"batch_id": "forged", "landing_files": first.landing_files | second.landing_files}
    (layout.commits / "forged.json").write_text(json.dumps(forged))
    (layout.commits / "half.json").write_text('{"batch')
    history_file(layout, "tasks", first.batch_id).unlink()

    rebuild(warehouse.settings)

    assert 3 == warehouse.value("select count(*) from milestones")
    assert 4 == warehouse.value("select count(*) from tasks")
